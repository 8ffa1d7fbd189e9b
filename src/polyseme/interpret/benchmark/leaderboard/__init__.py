"""The leaderboard: tables, a page and pictures, made from the files of results alone."""
