import { pulumiCapture, type Session } from "./session.ts";

/** Reads the outputs of a stack, secrets decrypted, into memory only; undefined, and why, if they cannot be read. */
export async function decryptedOutputs(
  session: Session,
): Promise<{ readonly outputs: object | undefined; readonly stderr: string }> {
  const args = ["stack", "output", "--json", "--show-secrets", "--stack", session.stack];
  const { code, stdout, stderr } = await pulumiCapture(session, args);
  return { outputs: code === 0 ? (JSON.parse(stdout) as object) : undefined, stderr };
}
