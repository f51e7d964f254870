"""MNIST, and the path from a drawing to 28×28."""
