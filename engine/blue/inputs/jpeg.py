"""JPEG: the image is compressed and read again, by a real codec.

Das et al., "Keeping the Bad Guys Out: Protecting and Vaccinating Deep Learning with JPEG Compression",
https://arxiv.org/abs/1705.02900.
"""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from engine.blue.inputs.defence import Defence
from engine.core.errors import UserError


class Jpeg(Defence):
    """Save as grey JPEG of ``quality`` and read it back; `UserError` unless ``quality`` is in 1..95.

    Pillow's scale of quality, which ends at 95: above, the codec stops compressing. The straight-through
    gradient is the natural one: the codec's transform is orthogonal and only its rounding has no gradient.
    """

    def __init__(self, *, quality: int) -> None:
        if not 1 <= quality <= 95:
            raise UserError(f"JPEG has no quality {quality}", "choose jpeg_quality from 1 to 95")
        self.quality = quality

    def __call__(self, x: Tensor, _chance: torch.Generator) -> Tensor:
        """Return the images as they come back from the codec."""
        grey = (x * 255).round().clamp(0, 255).to(torch.uint8).numpy()
        back = np.stack([self._coded(image[0])[None] for image in grey]) if len(grey) else grey
        return torch.from_numpy(back).to(x.dtype) / 255

    def _coded(
        self, image: np.ndarray[tuple[int, int], np.dtype[np.uint8]]
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=self.quality)
        return np.asarray(Image.open(file))
