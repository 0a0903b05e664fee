"""`torch.backends`: switches of the libraries behind PyTorch, and what is true of them here."""

from tracegrad.backends import cpu as cpu
from tracegrad.backends import cuda as cuda
from tracegrad.backends import cudnn as cudnn
from tracegrad.backends import mkl as mkl
from tracegrad.backends import mkldnn as mkldnn
from tracegrad.backends import mps as mps
from tracegrad.backends import openmp as openmp
