"""The pictures of the leaderboard."""
