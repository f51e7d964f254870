"""What the lab in the page needs: weights small enough to send, some real digits, and what the small weights cost."""
