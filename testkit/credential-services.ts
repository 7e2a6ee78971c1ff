/**
 * The services on loopback that give AWS's credentials to a container and to an instance (IMDSv2), as small as a test
 * needs them. Promise: each gives only to who asks as AWS's own service wants it, and notes what it gave.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { Access } from "./chaos/signature.ts";

export interface CredentialService {
  /** What tells a process where it is. */
  readonly environment: Readonly<Record<string, string>>;
  /** What it gives from now on. */
  access: Access;
  expiresMs: number;
  /** The access keys that it gave, in order. */
  readonly given: string[];
}

const AUTHORIZATION = "Bearer of-this-container";
const SESSION = "session-of-this-instance";
const ROLE = "ledge-backup";
const ROLES = "/latest/meta-data/iam/security-credentials/";

/** Like the endpoint of a container (ECS, EKS Pod Identity). Stopped after the test. */
export function openContainerService(access: Access): Promise<CredentialService> {
  return open(access, {
    environment: (url) => ({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/v2/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: AUTHORIZATION,
    }),
    answer: ({ method, url, headers }, credentials) =>
      method === "GET" && url === "/v2/credentials" && headers.authorization === AUTHORIZATION
        ? credentials()
        : undefined,
  });
}

/** Like the metadata service of an instance with a role. Stopped after the test. */
export function openInstanceService(access: Access): Promise<CredentialService> {
  return open(access, {
    environment: (url) => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: url }),
    answer({ method, url, headers }, credentials) {
      if (method === "PUT" && url === "/latest/api/token")
        return headers["x-aws-ec2-metadata-token-ttl-seconds"] === undefined ? undefined : SESSION;
      if (method !== "GET" || headers["x-aws-ec2-metadata-token"] !== SESSION) return undefined;
      if (url === ROLES) return ROLE;
      return url === ROLES + ROLE ? credentials() : undefined;
    },
  });
}

interface Manners {
  environment(url: string): Record<string, string>;
  /** Undefined refuses. */
  answer(request: IncomingMessage, credentials: () => string): string | undefined;
}

async function open(access: Access, { environment, answer }: Manners): Promise<CredentialService> {
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const body = answer(request, () => {
      service.given.push(service.access.accessKeyId);
      return document(service);
    });
    response.statusCode = body === undefined ? 401 : 200;
    response.end(body ?? "");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const service: CredentialService = {
    // Nothing of whoever runs the tests comes before them in the chain.
    environment: {
      AWS_SHARED_CREDENTIALS_FILE: "/nowhere/credentials",
      AWS_CONFIG_FILE: "/nowhere/config",
      ...environment(`http://127.0.0.1:${port}`),
    },
    access,
    expiresMs: Date.now() + 3_600_000,
    given: [],
  };
  return service;
}

function document({ access, expiresMs }: CredentialService): string {
  return JSON.stringify({
    Code: "Success",
    AccessKeyId: access.accessKeyId,
    SecretAccessKey: access.secretAccessKey,
    Token: access.sessionToken,
    Expiration: new Date(expiresMs).toISOString(),
  });
}
