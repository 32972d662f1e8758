import type { Deployment } from "#model/files/rules/deployment.ts";

const megabyte = 1024 ** 2;

/** The deployment of the stack of test/fileFacts.ts, with what differs from it. */
export function testDeployment(changed: Partial<Deployment> = {}): Deployment {
  return {
    published: { filesystem: 13_000, postgres: 13_001, memory: 13_002, compliance: 13_003, database: 13_432 },
    publishedOn: "192.0.2.10",
    maxConnections: 200,
    memory: {
      filesystem: 256 * megabyte,
      postgres: 256 * megabyte,
      memory: 256 * megabyte,
      compliance: 256 * megabyte,
      database: 1024 * megabyte,
    },
    roles: { default: "user", auditor: "readonly" },
    ...changed,
  };
}
