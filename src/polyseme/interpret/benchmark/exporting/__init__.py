"""Networks of the benchmark for others: a folder that Hugging Face and Croissant understand."""
