"""PyTorch's path for anomaly detection."""

from tracegrad.autograd.anomaly import detect_anomaly as detect_anomaly
from tracegrad.autograd.anomaly import set_detect_anomaly as set_detect_anomaly
