import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** PostgreSQL's own default (`scram_iterations`); the format is that of RFC 5803 and pg_authid.rolpassword. */
const defaultIterations = 4096;

/**
 * The SCRAM-SHA-256 verifier that PostgreSQL stores for a password. Given as the password of a role it is
 * stored verbatim, so the plain password reaches neither SQL nor the server's log.
 *
 * @param password ASCII only: SASLprep changes other characters (security.md §1).
 * @param salt base64, 16 bytes; kept in state, so that the verifier does not change between runs.
 */
export function scramVerifier(password: string, salt: string, iterations = defaultIterations): string {
  if (!/^[\x20-\x7e]+$/.test(password)) throw new TypeError("a database password must be printable ASCII");
  const salted = pbkdf2Sync(password, Buffer.from(salt, "base64"), iterations, 32, "sha256");
  const hmac = (key: Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest("base64");
  const serverKey = hmac(salted, "Server Key").toString("base64");
  return `SCRAM-SHA-256$${iterations}:${salt}$${storedKey}:${serverKey}`;
}
