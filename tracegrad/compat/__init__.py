"""What programs written for PyTorch ask of it besides tensors: switches, threads, absent parts."""
