import fs from "node:fs";
import { knownClients, materialFiles, writeMaterial } from "./material.ts";
import type { StackOutputs } from "./stackOutputs.ts";

/** True if a client of the stack was connected on this machine. */
export function isConnected(stack: string, env: NodeJS.ProcessEnv): boolean {
  return knownClients(materialFiles(stack, env)).length > 0;
}

/**
 * After an update: address, certificates and keys of the clients that were connected on this machine, as they
 * are now. Running bridges take them up with the next call. The key of a client that is gone is removed.
 */
export function refreshMaterial(stack: string, outputs: StackOutputs, env: NodeJS.ProcessEnv): void {
  const files = materialFiles(stack, env);
  const { endpoints, caCertificate: ca, apiKeys = {} } = outputs;
  if (endpoints === undefined || ca === undefined) return;
  const known = knownClients(files);
  const keys = Object.fromEntries(Object.entries(apiKeys).filter(([client]) => known.includes(client)));
  if (known.length > 0) writeMaterial(files, { endpoints, ca, keys });
  for (const client of known) {
    if (!Object.hasOwn(keys, client)) fs.rmSync(files.key(client));
  }
}
