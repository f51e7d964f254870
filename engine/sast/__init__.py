"""Static analysis of this project and of an insecure version of it."""
