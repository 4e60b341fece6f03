"""Writing a ZIP archive in pieces, so that none of it waits in memory or on the disk."""

import zipfile

FLUSH_BYTES = 256 * 1024


class _Pipe:
    """What the ZIP is written into; not seekable, so sizes follow behind each file."""

    def __init__(self):
        self.pieces, self.size = [], 0

    def write(self, data):
        self.pieces.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self):
        pass

    def take(self):
        data = b"".join(self.pieces)
        self.pieces, self.size = [], 0
        return data


def zip_stream(entries):
    """Yield the bytes of an archive of `entries`.

    These are triples of a zipfile.ZipInfo, its compression level (0 for what is
    compressed already) and an iterable of its bytes. `file_size` of the ZipInfo is what
    is expected, 0 for little.
    """
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for info, level, pieces in entries:
            # Not ZIP_STORED: without the sizes before the bytes, some programs cannot
            # read a stored file. Level 0 is as fast.
            # `compress_level` is its name only from Python 3.13 on.
            info.compress_type, info._compresslevel = zipfile.ZIP_DEFLATED, level
            with archive.open(info, "w") as target:
                for piece in pieces:
                    target.write(piece)
                    if pipe.size >= FLUSH_BYTES:
                        yield pipe.take()
    yield pipe.take()
