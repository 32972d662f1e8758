import type { FaultDetails } from "#model/fault.ts";
import type { RawConfig } from "./settings.ts";

/**
 * Secrets belong into `secrets` and nothing else does: only there are they read as Outputs. A nested
 * secret that a program reads as a plain object ends in clear in the state.
 */
export function secretPlaceFaults(raw: RawConfig, secrets: unknown): FaultDetails[] {
  const misplaced = (raw.secretPaths ?? raw.secretKeys).filter(
    (path) => path !== "secrets" && !path.startsWith("secrets."),
  );
  const plain = plainNames(raw, secrets);
  return [
    ...misplaced.map((path): FaultDetails => {
      const name = secretName(path);
      return {
        code: "SETTINGS_SECRET_MISPLACED",
        where: path,
        problem: "is set as a secret; secrets are allowed below `secrets` only.",
        mend: `pulumi config rm --path '${path}' && pulumi config set --path --secret 'secrets.${name}'`,
      };
    }),
    ...plain.map((name): FaultDetails => ({
      code: "SETTINGS_SECRET_MISPLACED",
      where: `secrets.${name}`,
      problem:
        "lies in clear in the stack's file, so its value counts as known to others; allowed is a secret only.",
      mend: `pulumi config set --path --secret 'secrets.${name}'`,
    })),
  ];
}

/** True for names under which people write secrets. */
export function looksSecret(key: string): boolean {
  return /pass(word|phrase|wd)|secret|token|api_?key|private_?key|credential/i.test(key);
}

/** Where a secret that was set elsewhere belongs: `smtp.password` → `smtpPassword`. */
export function secretName(path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  return words
    .map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join("");
}

function plainNames(raw: RawConfig, secrets: unknown): string[] {
  if (raw.plainSecrets !== undefined) return [...raw.plainSecrets];
  if (raw.secretKeys.includes("secrets")) return [];
  return typeof secrets === "object" && secrets !== null ? Object.keys(secrets) : [];
}
