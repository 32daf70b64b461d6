"""What a customer has paid, and what of it went back."""
