"""What the General Data Protection Regulation asks for."""
