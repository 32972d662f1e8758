import { fileFacts, type FileFacts, type FactSource } from "#model/files/facts.ts";

/** The settings of a small stack, as far as files look at them. */
export const factSource: FactSource = {
  project: "kilocode-mcp",
  stack: "test",
  environment: "dev",
  network: { publish: "127.0.0.1", hostnames: ["mcp.example"], clients: [] },
  postgres: { poolSize: 10, embeddingDimension: 1536, retention: { auditLogs: 90, systemMetrics: 30 } },
  servers: {
    filesystem: { enabled: true, mounts: [] },
    postgres: { enabled: true, mounts: [] },
    memory: { enabled: true, mounts: [] },
    compliance: { enabled: true, mounts: [] },
  },
  clients: {
    default: { servers: ["filesystem", "postgres", "memory"] },
    auditor: { servers: ["compliance"] },
  },
  rotation: { database: 1 },
  secrets: [],
};

/** The facts of that stack, with others in their place. */
export function testFacts(changed: Partial<FileFacts> = {}): FileFacts {
  return { ...fileFacts(factSource, "0.0.0"), ...changed };
}
