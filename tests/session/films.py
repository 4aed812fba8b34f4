"""Small clips, made where they are needed."""

from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

CODECS = {
    "libx264": ("yuv420p", {"crf": "12", "bf": "0"}),
    "libvpx-vp9": ("yuv420p", {"crf": "12", "b:v": "0", "cpu-used": "8"}),
    "mjpeg": ("yuvj420p", {"qscale": "2"}),
}
WALK = Path(__file__).parents[2] / "demo" / "clips" / "walk.webp"


def picture(number, width=160, height=120):
    """Smooth, without symmetry, and another one for every number."""
    y, x = np.mgrid[:height, :width].astype(float)
    channels = (x * 200 / width + 10 * number, y * 200 / height, 30.0 * number + 0 * x)
    return np.stack(channels, axis=-1).clip(0, 255).astype(np.uint8)


def write_film(path, times, size=(160, 120), turn=None, codec="libx264", pictures=None):
    """A film with a picture at each of these seconds; `turn` is written into it as degrees against the clock."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(1000), options=CODECS[codec][1])
        stream.width, stream.height, stream.pix_fmt = *size, CODECS[codec][0]
        stream.codec_context.time_base = Fraction(1, 1000)
        if turn is not None:
            stream.set_display_rotation(turn)
        for number, seconds in enumerate(times):
            pixels = picture(number, *size) if pictures is None else pictures[number]
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = round(seconds * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_animation(path, count, milliseconds, size=(160, 120)):
    """A GIF, WebP or PNG of so many pictures."""
    images = [Image.fromarray(picture(number, *size)) for number in range(count)]
    images[0].save(path, save_all=True, append_images=images[1:], duration=milliseconds, loop=0)
    return path
