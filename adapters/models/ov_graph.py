"""Draws a decoder (Qwen2 or Llama kind) as an OpenVINO graph that the GenAI pipeline recognises.

Knows nothing of files: weights come by name, already as constants. The shapes of the subgraphs
(RMS norm, rotary embedding, key/value state, attention) are those the CPU plugin fuses and the paged-attention
transformation looks for; node names are the usual `model.layers.N.self_attn.q_proj`, which LoRA adapters match.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Node = Any  # openvino.Node; the engine's package is imported only when a graph is drawn


@dataclass(frozen=True)
class Shape:
    """The numbers that make one decoder of this kind."""

    layers: int
    heads: int
    kv_heads: int
    head_width: int
    rope_base: float
    norm_epsilon: float


class Weights(Protocol):
    """Where the graph gets its numbers: "embed", "head", "norm", "layers.3.q_proj", "layers.3.q_proj.bias"."""

    def matrix(self, name: str) -> Node:
        """Return an f32 node of shape [out, in]."""
        ...

    def vector(self, name: str) -> NDArray[np.float32] | None:
        """Return a norm's gain or a bias; None when this model has none there."""
        ...


def draw(shape: Shape, weights: Weights) -> Any:
    """Return an `openvino.Model`: input_ids, attention_mask, position_ids, beam_idx -> logits, with stateful keys."""
    import openvino as ov

    return _Drawing(shape, weights, ov, ov.opset15).model()


class _Drawing:
    def __init__(self, shape: Shape, weights: Weights, ov: Any, ops: Any) -> None:
        self.shape, self.weights, self.ov, self.ops = shape, weights, ov, ops
        self.sinks: list[Node] = []

    def model(self) -> Any:
        ops, shape = self.ops, self.shape
        # 1) The four inputs every stateful decoder of the pipeline has.
        ids = self._input("input_ids", [-1, -1], np.int64)
        mask = self._input("attention_mask", [-1, -1], np.int64)
        positions = self._input("position_ids", [-1, -1], np.int64)
        self.beams = self._input("beam_idx", [-1], np.int32)
        self.batch = ops.gather(ops.shape_of(ids), self._ints(0), self._int(0))
        # 2) Token vectors, and what all layers share: rotation angles and the causal mask.
        hidden = ops.gather(self.weights.matrix("embed"), ops.convert(ids, "i32"), self._int(0))
        self.cos, self.sin = self._angles(positions)
        self.causal = None
        for layer in range(shape.layers):
            hidden = self._layer(hidden, f"layers.{layer}", layer, mask)
        # 3) Scores of the next token.
        hidden = self._norm(hidden, "norm")
        logits = ops.matmul(hidden, self.weights.matrix("head"), False, True, name="lm_head")
        result = ops.result(logits, name="logits")
        result.output(0).get_tensor().set_names({"logits"})
        return self.ov.Model([result], self.sinks, [ids, mask, positions, self.beams], "decoder")

    def _layer(self, hidden: Node, at: str, layer: int, mask: Node) -> Node:
        ops, shape = self.ops, self.shape
        normed = self._norm(hidden, f"{at}.input_norm")
        queries = self._rotate(self._heads(self._linear(normed, at, "q_proj"), shape.heads))
        keys = self._rotate(self._heads(self._linear(normed, at, "k_proj"), shape.kv_heads))
        values = self._heads(self._linear(normed, at, "v_proj"), shape.kv_heads)
        past_keys, keys = self._remember(keys, f"past_key_values.{layer}.keypresent.{layer}.key")
        _, values = self._remember(values, f"past_key_values.{layer}.valuepresent.{layer}.key")
        if self.causal is None:
            self.causal = self._causal_mask(mask, past_keys, normed)
        attended = ops.scaled_dot_product_attention(
            queries, self._repeat(keys), self._repeat(values), self.causal, causal=False
        )
        merged = ops.reshape(
            ops.transpose(attended, self._ints(0, 2, 1, 3)), self._ints(0, 0, shape.heads * shape.head_width), True
        )
        hidden = ops.add(hidden, self._linear(merged, at, "o_proj"))
        normed = self._norm(hidden, f"{at}.post_norm")
        gate = ops.swish(self._linear(normed, at, "gate_proj"))
        raised = ops.multiply(gate, self._linear(normed, at, "up_proj"))
        return ops.add(hidden, self._linear(raised, at, "down_proj"))

    def _linear(self, x: Node, at: str, part: str) -> Node:
        block = "mlp" if part in ("gate_proj", "up_proj", "down_proj") else "self_attn"
        weight = self.weights.matrix(f"{at}.{part}")
        product = self.ops.matmul(x, weight, False, True, name=f"model.{at}.{block}.{part}")
        bias = self.weights.vector(f"{at}.{part}.bias")
        return product if bias is None else self.ops.add(product, self._floats(bias.reshape(1, 1, -1)))

    def _norm(self, x: Node, name: str) -> Node:
        """Root mean square norm (Zhang and Sennrich 2019): x / sqrt(mean(x^2) + e) * gain."""
        ops = self.ops
        gain = self.weights.vector(name)
        assert gain is not None
        mean = ops.reduce_mean(ops.power(x, self._floats([[[2.0]]])), self._ints(-1), True)
        root = ops.sqrt(ops.add(mean, self._floats([[[self.shape.norm_epsilon]]])))
        return ops.multiply(
            ops.multiply(x, ops.divide(self._floats([[[1.0]]]), root)), self._floats(gain.reshape(1, 1, -1))
        )

    def _heads(self, x: Node, count: int) -> Node:
        split = self.ops.reshape(x, self._ints(0, 0, count, self.shape.head_width), True)
        return self.ops.transpose(split, self._ints(0, 2, 1, 3))

    def _angles(self, positions: Node) -> tuple[Node, Node]:
        ops, width = self.ops, self.shape.head_width
        speeds = (1.0 / self.shape.rope_base ** (np.arange(0, width, 2, dtype=np.float64) / width)).astype(np.float32)
        column = ops.broadcast(
            self._floats(speeds.reshape(1, -1, 1)),
            ops.concat([self.batch, self._ints(1), self._ints(1)], 0),
            broadcast_spec="BIDIRECTIONAL",
        )
        row = ops.convert(ops.unsqueeze(positions, self._int(1)), "f32")
        angles = ops.transpose(ops.matmul(column, row, False, False), self._ints(0, 2, 1))
        angles = ops.concat([angles, angles], -1)
        return ops.unsqueeze(ops.cos(angles), self._int(1)), ops.unsqueeze(ops.sin(angles), self._int(1))

    def _rotate(self, x: Node) -> Node:
        """Rotary position embedding (Su et al. 2021), halves rotated against each other."""
        ops, half = self.ops, self.shape.head_width // 2
        far = ops.slice(x, self._ints(half), self._ints(np.iinfo(np.int64).max), self._ints(1), self._ints(3))
        near = ops.slice(x, self._ints(0), self._ints(half), self._ints(1), self._ints(3))
        turned = ops.concat([ops.multiply(far, self._floats([[[[-1.0]]]])), near], -1)
        return ops.add(ops.multiply(x, self.cos), ops.multiply(turned, self.sin))

    def _remember(self, new: Node, name: str) -> tuple[Node, Node]:
        """Return the past of this state and the past with `new` behind it, and keep the latter."""
        ops, shape = self.ops, self.shape
        sizes = [self.batch, self._ints(shape.kv_heads), self._ints(0), self._ints(shape.head_width)]
        empty = ops.broadcast(self._float(0.0), ops.concat(sizes, 0))
        info = self.ov.op.util.VariableInfo()
        info.data_shape = self.ov.PartialShape([-1, shape.kv_heads, -1, shape.head_width])
        info.data_type = self.ov.Type.f32
        info.variable_id = name
        variable = self.ov.op.util.Variable(info)
        past = ops.gather(ops.read_value(empty, variable), self.beams, self._int(0))
        together = ops.concat([past, new], 2)
        self.sinks.append(ops.assign(together, variable))
        return past, together

    def _repeat(self, x: Node) -> Node:
        """Give each key/value head to the query heads that share it."""
        ops, shape = self.ops, self.shape
        group = shape.heads // shape.kv_heads
        sizes = [self.batch, *(self._ints(n) for n in (shape.kv_heads, group, 1, shape.head_width))]
        wide = ops.broadcast(ops.unsqueeze(x, self._int(2)), ops.concat(sizes, 0), broadcast_spec="BIDIRECTIONAL")
        return ops.reshape(wide, self._ints(0, shape.heads, -1, shape.head_width), True)

    def _causal_mask(self, mask: Node, past: Node, new: Node) -> Node:
        """Return [batch, 1, new, all]: 0 where a token may look, a large negative number where not."""
        ops = self.ops
        seen = ops.gather(ops.shape_of(past), self._int(2), self._int(0))
        count = ops.gather(ops.shape_of(new), self._int(1), self._int(0))
        total = ops.gather(ops.shape_of(mask), self._int(1), self._int(0))
        columns = ops.unsqueeze(ops.range(self._int(0), total, self._int(1), "i64"), self._ints(0))
        rows = ops.unsqueeze(ops.range(seen, ops.add(seen, count), self._int(1), "i64"), self._ints(1))
        past_only = ops.unsqueeze(ops.less_equal(columns, rows), self._ints(0, 1))
        real = ops.unsqueeze(ops.not_equal(mask, self._int(0)), self._ints(1, 2))
        return ops.select(ops.logical_and(past_only, real), self._float(0.0), self._float(-65504.0))

    def _input(self, name: str, shape: list[int], kind: Any) -> Node:
        node = self.ops.parameter(shape, kind, name=name)
        node.output(0).get_tensor().set_names({name})
        return node

    def _int(self, value: int) -> Node:
        return self.ops.constant(np.array(value, np.int64))

    def _ints(self, *values: int) -> Node:
        return self.ops.constant(np.array(values, np.int64))

    def _float(self, value: float) -> Node:
        return self.ops.constant(np.array(value, np.float32))

    def _floats(self, values: Any) -> Node:
        return self.ops.constant(np.asarray(values, np.float32))
