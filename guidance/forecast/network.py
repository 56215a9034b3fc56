"""A small network that corrects an ensemble's quantiles; it starts as no correction at all.

Two hidden layers, smoothed pinball loss, Adam with decoupled weight decay and a cosine schedule.
"""

from dataclasses import dataclass

import numpy as np

from guidance.forecast.distribution import LEVELS
from guidance.forecast.history import FloatArray

HIDDEN = (64, 32)
BATCH = 1024
RATE = 4e-3
DECAY = 1e-3
LEAK = np.float32(0.1)
SMOOTH = np.float32(0.05)  # below this error, in units of the scale, the loss is quadratic
_CHUNK = 65536


@dataclass(slots=True, eq=False)
class Network:
    """Weights and biases by layer; `mean` and `spread` bring the inputs to one size."""

    layers: list[FloatArray]
    mean: FloatArray
    spread: FloatArray

    def correction(self, features: FloatArray) -> FloatArray:
        """What to add to each quantile, (row, level), in units of the scale."""
        parts = [
            self._forward(self.prepare(features[n : n + _CHUNK]))[-1] for n in range(0, len(features), _CHUNK)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, len(LEVELS)), dtype=np.float32)

    def prepare(self, features: FloatArray) -> FloatArray:
        """Features brought to one size, outliers clipped."""
        prepared: FloatArray = np.clip((features - self.mean) / self.spread, -4.0, 4.0).astype(np.float32)
        return prepared

    def _forward(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        w1, b1, w2, b2, w3, b3 = self.layers
        first = x @ w1 + b1
        first = np.maximum(first, LEAK * first)
        second = first @ w2 + b2
        second = np.maximum(second, LEAK * second)
        return first, second, second @ w3 + b3

    def gradients(self, x: FloatArray, base: FloatArray, truth: FloatArray) -> list[FloatArray]:
        """Slopes of the mean smoothed pinball loss by layer, for prepared features."""
        _, _, w2, _, w3, _ = self.layers
        first, second, correction = self._forward(x)
        error = np.clip((truth[:, None] - base - correction) / SMOOTH, -1.0, 1.0)
        slope = (0.5 - LEVELS - 0.5 * error) / np.float32(len(x))
        at_second = (slope @ w3.T) * np.where(second > 0, np.float32(1), LEAK)
        at_first = (at_second @ w2.T) * np.where(first > 0, np.float32(1), LEAK)
        return [
            x.T @ at_first,
            at_first.sum(axis=0),
            first.T @ at_second,
            at_second.sum(axis=0),
            second.T @ slope,
            slope.sum(axis=0),
        ]


def train(features: FloatArray, base: FloatArray, truth: FloatArray, *, samples: int, seed: int) -> Network:
    """Learn from rows: features, the ensemble's quantiles and the truth, both in units of the scale."""
    random = np.random.default_rng(seed)
    spread = features.std(axis=0) + np.float32(1e-6)
    network = Network(layers=_initial(features.shape[1], random), mean=features.mean(axis=0), spread=spread)
    first = [np.zeros_like(layer) for layer in network.layers]
    second = [np.zeros_like(layer) for layer in network.layers]
    steps = max(samples // BATCH, 1)
    order = np.empty(0, dtype=np.int64)
    for step in range(1, steps + 1):
        if len(order) < BATCH:
            order = np.concatenate((order, random.permutation(len(features))))
        rows, order = order[:BATCH], order[BATCH:]
        prepared = network.prepare(features[rows])
        gradients = network.gradients(prepared, base[rows], truth[rows])
        rate = RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
        for n, gradient in enumerate(gradients):
            first[n] = 0.9 * first[n] + 0.1 * gradient
            second[n] = 0.999 * second[n] + 0.001 * gradient**2
            move = first[n] / (1 - 0.9**step) / (np.sqrt(second[n] / (1 - 0.999**step)) + 1e-8)
            decay = DECAY * network.layers[n] if n % 2 == 0 else 0.0
            network.layers[n] = (network.layers[n] - rate * (move + decay)).astype(np.float32)
    return network


def _initial(inputs: int, random: np.random.Generator) -> list[FloatArray]:
    one, two = HIDDEN
    return [
        random.normal(0, inputs**-0.5, (inputs, one)).astype(np.float32),
        np.zeros(one, dtype=np.float32),
        random.normal(0, one**-0.5, (one, two)).astype(np.float32),
        np.zeros(two, dtype=np.float32),
        np.zeros((two, len(LEVELS)), dtype=np.float32),
        np.zeros(len(LEVELS), dtype=np.float32),
    ]
