"""Networks' functions without modules: PyTorch's `nn.functional`, by kind."""

from tracegrad.nn.functional.activation import celu as celu
from tracegrad.nn.functional.activation import celu_ as celu_
from tracegrad.nn.functional.activation import elu as elu
from tracegrad.nn.functional.activation import elu_ as elu_
from tracegrad.nn.functional.activation import gelu as gelu
from tracegrad.nn.functional.activation import glu as glu
from tracegrad.nn.functional.activation import gumbel_softmax as gumbel_softmax
from tracegrad.nn.functional.activation import hardshrink as hardshrink
from tracegrad.nn.functional.activation import hardsigmoid as hardsigmoid
from tracegrad.nn.functional.activation import hardswish as hardswish
from tracegrad.nn.functional.activation import hardtanh as hardtanh
from tracegrad.nn.functional.activation import hardtanh_ as hardtanh_
from tracegrad.nn.functional.activation import leaky_relu as leaky_relu
from tracegrad.nn.functional.activation import leaky_relu_ as leaky_relu_
from tracegrad.nn.functional.activation import log_softmax as log_softmax
from tracegrad.nn.functional.activation import logsigmoid as logsigmoid
from tracegrad.nn.functional.activation import mish as mish
from tracegrad.nn.functional.activation import prelu as prelu
from tracegrad.nn.functional.activation import relu as relu
from tracegrad.nn.functional.activation import relu6 as relu6
from tracegrad.nn.functional.activation import relu_ as relu_
from tracegrad.nn.functional.activation import rrelu as rrelu
from tracegrad.nn.functional.activation import rrelu_ as rrelu_
from tracegrad.nn.functional.activation import selu as selu
from tracegrad.nn.functional.activation import selu_ as selu_
from tracegrad.nn.functional.activation import sigmoid as sigmoid
from tracegrad.nn.functional.activation import silu as silu
from tracegrad.nn.functional.activation import softmax as softmax
from tracegrad.nn.functional.activation import softmin as softmin
from tracegrad.nn.functional.activation import softplus as softplus
from tracegrad.nn.functional.activation import softshrink as softshrink
from tracegrad.nn.functional.activation import softsign as softsign
from tracegrad.nn.functional.activation import tanh as tanh
from tracegrad.nn.functional.activation import tanhshrink as tanhshrink
from tracegrad.nn.functional.activation import threshold as threshold
from tracegrad.nn.functional.activation import threshold_ as threshold_
from tracegrad.nn.functional.attention import (
    scaled_dot_product_attention as scaled_dot_product_attention,
)
from tracegrad.nn.functional.conv import conv1d as conv1d
from tracegrad.nn.functional.conv import conv2d as conv2d
from tracegrad.nn.functional.conv import conv3d as conv3d
from tracegrad.nn.functional.conv import conv_tbc as conv_tbc
from tracegrad.nn.functional.conv import conv_transpose1d as conv_transpose1d
from tracegrad.nn.functional.conv import conv_transpose2d as conv_transpose2d
from tracegrad.nn.functional.conv import conv_transpose3d as conv_transpose3d
from tracegrad.nn.functional.conv import fold as fold
from tracegrad.nn.functional.conv import unfold as unfold
from tracegrad.nn.functional.ctc import ctc_loss as ctc_loss
from tracegrad.nn.functional.distance import cosine_similarity as cosine_similarity
from tracegrad.nn.functional.distance import pairwise_distance as pairwise_distance
from tracegrad.nn.functional.distance import pdist as pdist
from tracegrad.nn.functional.dropout import alpha_dropout as alpha_dropout
from tracegrad.nn.functional.dropout import dropout as dropout
from tracegrad.nn.functional.dropout import dropout1d as dropout1d
from tracegrad.nn.functional.dropout import dropout2d as dropout2d
from tracegrad.nn.functional.dropout import dropout3d as dropout3d
from tracegrad.nn.functional.dropout import feature_alpha_dropout as feature_alpha_dropout
from tracegrad.nn.functional.embedding import embedding as embedding
from tracegrad.nn.functional.embedding import embedding_bag as embedding_bag
from tracegrad.nn.functional.embedding import one_hot as one_hot
from tracegrad.nn.functional.fractional_pooling import (
    fractional_max_pool2d as fractional_max_pool2d,
)
from tracegrad.nn.functional.fractional_pooling import (
    fractional_max_pool2d_with_indices as fractional_max_pool2d_with_indices,
)
from tracegrad.nn.functional.fractional_pooling import (
    fractional_max_pool3d as fractional_max_pool3d,
)
from tracegrad.nn.functional.fractional_pooling import (
    fractional_max_pool3d_with_indices as fractional_max_pool3d_with_indices,
)
from tracegrad.nn.functional.linear import bilinear as bilinear
from tracegrad.nn.functional.linear import linear as linear
from tracegrad.nn.functional.linear_cross_entropy import (
    linear_cross_entropy as linear_cross_entropy,
)
from tracegrad.nn.functional.loss import binary_cross_entropy as binary_cross_entropy
from tracegrad.nn.functional.loss import (
    binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
)
from tracegrad.nn.functional.loss import gaussian_nll_loss as gaussian_nll_loss
from tracegrad.nn.functional.loss import huber_loss as huber_loss
from tracegrad.nn.functional.loss import kl_div as kl_div
from tracegrad.nn.functional.loss import l1_loss as l1_loss
from tracegrad.nn.functional.loss import mse_loss as mse_loss
from tracegrad.nn.functional.loss import poisson_nll_loss as poisson_nll_loss
from tracegrad.nn.functional.loss import smooth_l1_loss as smooth_l1_loss
from tracegrad.nn.functional.loss import soft_margin_loss as soft_margin_loss
from tracegrad.nn.functional.loss_of_classes import cross_entropy as cross_entropy
from tracegrad.nn.functional.loss_of_classes import multi_margin_loss as multi_margin_loss
from tracegrad.nn.functional.loss_of_classes import multilabel_margin_loss as multilabel_margin_loss
from tracegrad.nn.functional.loss_of_classes import (
    multilabel_soft_margin_loss as multilabel_soft_margin_loss,
)
from tracegrad.nn.functional.loss_of_classes import nll_loss as nll_loss
from tracegrad.nn.functional.loss_of_margins import cosine_embedding_loss as cosine_embedding_loss
from tracegrad.nn.functional.loss_of_margins import hinge_embedding_loss as hinge_embedding_loss
from tracegrad.nn.functional.loss_of_margins import margin_ranking_loss as margin_ranking_loss
from tracegrad.nn.functional.loss_of_margins import triplet_margin_loss as triplet_margin_loss
from tracegrad.nn.functional.loss_of_margins import (
    triplet_margin_with_distance_loss as triplet_margin_with_distance_loss,
)
from tracegrad.nn.functional.multi_head import (
    multi_head_attention_forward as multi_head_attention_forward,
)
from tracegrad.nn.functional.normalization import batch_norm as batch_norm
from tracegrad.nn.functional.normalization import group_norm as group_norm
from tracegrad.nn.functional.normalization import instance_norm as instance_norm
from tracegrad.nn.functional.normalization import layer_norm as layer_norm
from tracegrad.nn.functional.normalization import local_response_norm as local_response_norm
from tracegrad.nn.functional.normalization import normalize as normalize
from tracegrad.nn.functional.normalization import rms_norm as rms_norm
from tracegrad.nn.functional.pooling import adaptive_avg_pool1d as adaptive_avg_pool1d
from tracegrad.nn.functional.pooling import adaptive_avg_pool2d as adaptive_avg_pool2d
from tracegrad.nn.functional.pooling import adaptive_avg_pool3d as adaptive_avg_pool3d
from tracegrad.nn.functional.pooling import adaptive_max_pool1d as adaptive_max_pool1d
from tracegrad.nn.functional.pooling import (
    adaptive_max_pool1d_with_indices as adaptive_max_pool1d_with_indices,
)
from tracegrad.nn.functional.pooling import adaptive_max_pool2d as adaptive_max_pool2d
from tracegrad.nn.functional.pooling import (
    adaptive_max_pool2d_with_indices as adaptive_max_pool2d_with_indices,
)
from tracegrad.nn.functional.pooling import adaptive_max_pool3d as adaptive_max_pool3d
from tracegrad.nn.functional.pooling import (
    adaptive_max_pool3d_with_indices as adaptive_max_pool3d_with_indices,
)
from tracegrad.nn.functional.pooling import avg_pool1d as avg_pool1d
from tracegrad.nn.functional.pooling import avg_pool2d as avg_pool2d
from tracegrad.nn.functional.pooling import avg_pool3d as avg_pool3d
from tracegrad.nn.functional.pooling import lp_pool1d as lp_pool1d
from tracegrad.nn.functional.pooling import lp_pool2d as lp_pool2d
from tracegrad.nn.functional.pooling import lp_pool3d as lp_pool3d
from tracegrad.nn.functional.pooling import max_pool1d as max_pool1d
from tracegrad.nn.functional.pooling import max_pool1d_with_indices as max_pool1d_with_indices
from tracegrad.nn.functional.pooling import max_pool2d as max_pool2d
from tracegrad.nn.functional.pooling import max_pool2d_with_indices as max_pool2d_with_indices
from tracegrad.nn.functional.pooling import max_pool3d as max_pool3d
from tracegrad.nn.functional.pooling import max_pool3d_with_indices as max_pool3d_with_indices
from tracegrad.nn.functional.pooling import max_unpool1d as max_unpool1d
from tracegrad.nn.functional.pooling import max_unpool2d as max_unpool2d
from tracegrad.nn.functional.pooling import max_unpool3d as max_unpool3d
from tracegrad.nn.functional.sampling import affine_grid as affine_grid
from tracegrad.nn.functional.sampling import grid_sample as grid_sample
from tracegrad.nn.functional.vision import channel_shuffle as channel_shuffle
from tracegrad.nn.functional.vision import interpolate as interpolate
from tracegrad.nn.functional.vision import native_channel_shuffle as native_channel_shuffle
from tracegrad.nn.functional.vision import pad as pad
from tracegrad.nn.functional.vision import pixel_shuffle as pixel_shuffle
from tracegrad.nn.functional.vision import pixel_unshuffle as pixel_unshuffle
from tracegrad.nn.functional.vision import upsample as upsample
from tracegrad.nn.functional.vision import upsample_bilinear as upsample_bilinear
from tracegrad.nn.functional.vision import upsample_nearest as upsample_nearest
