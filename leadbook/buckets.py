"""Attachments in a bucket: read in pieces, linked to and sent to by signed addresses."""

import io
from threading import Lock

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from django.utils.functional import cached_property
from storages.backends.s3 import S3Storage
from storages.utils import clean_name
from urllib3.exceptions import HTTPError

# As long as a browser needs to follow a redirect.
LINK_SECONDS = 60
PIECE_BYTES = 1_000_000
# A server copies so much within the time in which it must answer.
COPY_BYTES = 256_000_000
# A download by a slow line outlasts the connection to the bucket.
RECONNECTS = 3
# A watcher gives up long before a person with a file does.
IMPATIENT = Config(connect_timeout=2, read_timeout=2, retries={"total_max_attempts": 1})
OCTETS = "application/octet-stream"


class BucketAway(OSError):
    """The bucket does not answer, or not as it should."""


class AttachmentBucket(S3Storage):
    """A bucket of which no file is ever held as a whole, neither in memory nor on the disk.

    `direct` says that browsers reach it: then they fetch and send files there.
    """

    def __init__(self, **options):
        super().__init__(**options)
        # A session of its own for each thread would cost 17 MB of each; see `connection`.
        self._shared, self._session, self._lock = None, None, Lock()

    @property
    def connection(self):
        """Return boto's resource, of which all threads use only the client, which may be."""
        with self._lock:
            if self._shared is None:
                self._shared = super().connection
            return self._shared

    def get_default_settings(self):
        """Return the options with their defaults."""
        return {**super().get_default_settings(), "direct": True}

    def ask(self):
        """Return when the bucket has answered; raise where it does not within seconds."""
        try:
            self._impatient.head_object(Bucket=self.bucket_name, Key=self._key("healthz"))
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise

    @property
    def signs_links(self):
        """Whether browsers fetch files here."""
        return self.direct

    @property
    def signs_forms(self):
        """Whether browsers send files here."""
        return self.direct

    def signed_address(self, name, *, disposition, content_type, method="GET"):
        """Return an address of the file that works for a minute, with the answer's headers."""
        headers = {
            "ResponseContentDisposition": disposition,
            "ResponseContentType": content_type,
            "ResponseCacheControl": "private, no-store",
        }
        return self.url(name, headers, expire=LINK_SECONDS, http_method=method)

    def signed_form(self, name, *, size, seconds):
        """Return address and fields of a form that takes one file of `size` bytes."""
        fixed = {"Content-Type": OCTETS, "success_action_status": "204"}
        form = self._client.generate_presigned_post(
            self.bucket_name,
            self._key(name),
            Fields=fixed,
            Conditions=[
                *({field: value} for field, value in fixed.items()),
                ["content-length-range", size, size],
            ],
            ExpiresIn=seconds,
        )
        return form["url"], form["fields"]

    @property
    def _client(self):
        return self.connection.meta.client

    @cached_property
    def _impatient(self):
        with self._lock:
            return self._create_session().client(
                "s3",
                region_name=self.region_name,
                use_ssl=self.use_ssl,
                endpoint_url=self.endpoint_url,
                config=self.client_config.merge(IMPATIENT),
                verify=self.verify,
            )

    def _create_session(self):
        # What a session has read of its service, its clients share.
        if self._session is None:
            self._session = super()._create_session()
        return self._session

    def _key(self, name):
        return self._normalize_name(clean_name(name))

    def _open(self, name, mode="rb"):
        if mode != "rb":
            raise ValueError(f"A file in a bucket is read, not opened for {mode}.")
        reader = BucketReader(self._client, self.bucket_name, self._key(name))
        return File(io.BufferedReader(reader, PIECE_BYTES), name)

    def _save(self, name, content):
        reader = _reader_in(content)
        if reader is None or reader.bucket != self.bucket_name:
            return super()._save(name, content)
        # What lies here already is copied here, as it was when it was opened.
        self._client.copy(
            {"Bucket": reader.bucket, "Key": reader.key},
            self.bucket_name,
            self._key(name),
            ExtraArgs={"CopySourceIfMatch": reader.etag},
            Config=TransferConfig(
                multipart_threshold=2 * COPY_BYTES,
                multipart_chunksize=COPY_BYTES,
                use_threads=False,
            ),
        )
        return clean_name(name)


class BucketReader(io.RawIOBase):
    """One version of an object, read from any position without being fetched as a whole."""

    def __init__(self, client, bucket, key):
        self.bucket, self.key = bucket, key
        self._client = client
        self._body, self._position = None, 0
        try:
            head = client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                raise FileNotFoundError(f"There is no {key} in the bucket.") from error
            raise BucketAway(str(error)) from error
        except BotoCoreError as error:
            raise BucketAway(str(error)) from error
        self.size, self.etag = head["ContentLength"], head["ETag"]

    def readable(self):
        """Whether it can be read."""
        return True

    def seekable(self):
        """Whether it can be read from any position."""
        return True

    def tell(self):
        """Return the position."""
        return self._position

    def seek(self, offset, whence=io.SEEK_SET):
        """Go to a position and return it."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        position = max(0, start + offset)
        if position != self._position:
            self._hang_up()
        self._position = position
        return position

    def readinto(self, buffer):
        """Read into `buffer` and return how many bytes; 0 at the end."""
        if self._position >= self.size:
            return 0
        for attempt in range(RECONNECTS):
            try:
                data = self._piece(len(buffer))
                break
            except (BotoCoreError, ClientError, HTTPError) as error:
                self._hang_up()
                if attempt == RECONNECTS - 1 or isinstance(error, ClientError):
                    raise BucketAway(str(error)) from error
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self):
        """Hang up."""
        self._hang_up()
        super().close()

    def _piece(self, size):
        if self._body is None:
            self._body = self._client.get_object(
                Bucket=self.bucket,
                Key=self.key,
                Range=f"bytes={self._position}-",
                IfMatch=self.etag,
            )["Body"]
        data = self._body.read(size)
        if not data:
            self._hang_up()
            raise BucketAway(f"{self.key} ends before its length is reached.")
        return data

    def _hang_up(self):
        if self._body is not None:
            self._body.close()
            self._body = None


def _reader_in(content):
    """Return the BucketReader that a file is wrapped around, or None."""
    while (inner := getattr(content, "file", None)) is not None:
        content = inner
    reader = getattr(content, "raw", None)
    return reader if isinstance(reader, BucketReader) else None
