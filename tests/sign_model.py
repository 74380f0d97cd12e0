"""A real sign model as ONNX: the small network, trained on drawn signs, batch norms folded in."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from bezoar.adapters.torch.network import FEATURES

STRIDES = (1, 2, 2, 1, 2)


def save_onnx(classifier, path: Path) -> Path:
    """Write a classifier: float images (n, 3, 32, 32) in [-1, 1] in, log-odds out."""
    network = classifier.network
    nodes, tensors, last = [], [], "x"
    for number, (block, stride) in enumerate(zip(network.body, STRIDES, strict=True)):
        weight, bias = folded(block[0], block[1])
        names = [f"w{number}", f"b{number}"]
        tensors += [
            numpy_helper.from_array(value, name)
            for value, name in zip((weight, bias), names, strict=True)
        ]
        attributes = {"strides": [stride, stride], "pads": [1, 1, 1, 1], "kernel_shape": [3, 3]}
        nodes.append(helper.make_node("Conv", [last, *names], [f"c{number}"], **attributes))
        last = f"r{number}"
        nodes.append(helper.make_node("Relu", [f"c{number}"], [last]))
    head = {"hw": network.head.weight, "hb": network.head.bias}
    tensors += [numpy_helper.from_array(one.detach().numpy(), name) for name, one in head.items()]
    tensors.append(numpy_helper.from_array(np.array([-1, FEATURES]), "flat"))
    nodes += [
        helper.make_node("GlobalAveragePool", [last], ["pooled"]),
        helper.make_node("Reshape", ["pooled", "flat"], ["features"]),
        helper.make_node("Gemm", ["features", "hw", "hb"], ["y"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "signs",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 3, 32, 32])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, classifier.classes])],
        tensors,
    )
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def folded(convolution, norm):
    """Return weight and bias of a convolution that its batch norm is part of."""
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    weight = convolution.weight * scale[:, None, None, None]
    bias = norm.bias - norm.running_mean * scale
    return weight.detach().contiguous().numpy(), bias.detach().numpy()


def floats(images):
    """Return images (n, 32, 32, 3) as the model wants them."""
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2), np.float32) * (2 / 255) - 1
