"""A bucket of one's own: a server that speaks Amazon's S3 over HTTP, in this process."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import boto3
import httpx2
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"


@dataclass
class Bucket:
    endpoint: str
    name: str
    key: str
    secret: str

    def settings(self) -> dict[str, str]:
        return {
            "OCMA_MEDIA_STORAGE": f"s3://{self.name}/ocma",
            "OCMA_S3_ENDPOINT": self.endpoint,
            "OCMA_S3_REGION": REGION,
            "OCMA_S3_ACCESS_KEY_ID": self.key,
            "OCMA_S3_SECRET_ACCESS_KEY": self.secret,
        }

    def client(self):
        keys = {"aws_access_key_id": self.key, "aws_secret_access_key": self.secret}
        return boto3.client("s3", endpoint_url=self.endpoint, region_name=REGION, **keys)

    def names(self) -> list[str]:
        return sorted(each["Key"] for each in self.client().list_objects_v2(Bucket=self.name).get("Contents", []))

    def open_parts(self) -> int:
        """Uploads in parts that were begun and neither finished nor aborted: their owner pays for them."""
        return len(self.client().list_multipart_uploads(Bucket=self.name).get("Uploads", []))


@contextmanager
def bucket() -> Iterator[Bucket]:
    """From the first request of ours on, it lets nobody in whose signature is wrong."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint, name = f"http://{host}:{port}", f"media-{secrets.token_hex(4)}"
        found = Bucket(endpoint, name, *_key(endpoint))
        found.client().create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        _demand_signatures(endpoint)
        yield found
    finally:
        server.stop()


def _key(endpoint: str) -> tuple[str, str]:
    """Of a user who may do everything with buckets, and nothing else."""
    iam = boto3.client("iam", endpoint_url=endpoint, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")
    iam.create_user(UserName="ocma")
    rights = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam.put_user_policy(UserName="ocma", PolicyName="buckets", PolicyDocument=json.dumps(rights))
    made = iam.create_access_key(UserName="ocma")["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


def _demand_signatures(endpoint: str) -> None:
    httpx2.post(
        f"{endpoint}/moto-api/reset-auth", content=b"0", headers={"Content-Type": "text/plain"}, timeout=30
    ).raise_for_status()
