import type { Proof } from "#model/files/effects/effect.ts";

const file = "test/integration/servers/limits.test.ts";

/** How much, and what is recorded. */
export const limitProofs = {
  toolRate: {
    file,
    test: "requestsPerMinute and burst limit each tool for one caller, and enabled switches it off",
  },
  callerRate: {
    file,
    test: "maxRequests in windowMs limit one caller over all tools, and enabled switches it off",
  },
  callerRateSkip: { file, test: "skip names paths that are not counted" },
  callerRateOutcome: {
    file,
    test: "skipSuccessfulRequests and skipFailedRequests say which requests count",
  },
  compression: { file, test: "server.enableCompression compresses answers for those who accept it" },
  auditLogging: {
    file: "test/integration/servers/audit.test.ts",
    test: "security.auditLogging of compliance.json leaves out what only reads there",
  },
} as const satisfies Record<string, Proof>;
