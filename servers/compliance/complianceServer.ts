import { complianceFile } from "#model/files/schema/compliance.ts";
import type { ComplianceFile } from "#model/files/schema/compliance.ts";
import type { ServerDefinition } from "#servers/runtime/runServer.ts";

export const complianceServer: ServerDefinition<ComplianceFile> = {
  name: "compliance",
  instructions: "",
  schema: complianceFile,
  prepare: () => Promise.resolve({ activate: () => ({ tools: [], close: () => Promise.resolve() }) }),
};
