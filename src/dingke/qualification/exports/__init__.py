"""What leaves as a file: minutes of a review, the plan of a demonstration, the value of a solution."""
