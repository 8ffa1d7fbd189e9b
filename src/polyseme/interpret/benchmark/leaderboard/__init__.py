"""The leaderboard: tables, a page and a picture, made from the files of results alone."""
