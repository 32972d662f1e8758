import { createHash } from "node:crypto";
import { verifyToken } from "./accessToken.ts";
import type { TokenClaims, TokenIssuer } from "./accessToken.ts";

/** A verified signature is remembered for so long. */
const memoryMilliseconds = 1000;
const capacity = 2000;

/** Verifies tokens; one that comes again within a second is not computed anew. */
export class TokenCheck {
  readonly #known = new Map<string, { readonly until: number; readonly claims: TokenClaims }>();
  #issuer: TokenIssuer | undefined;

  /** @param issuer as it is now; another one than before makes everything be verified anew */
  async verify(issuer: TokenIssuer, token: string): Promise<TokenClaims | "expired" | undefined> {
    if (issuer.ring !== this.#issuer?.ring || issuer.jwt !== this.#issuer.jwt) this.#known.clear();
    this.#issuer = issuer;
    const id = createHash("sha256").update(token).digest("base64");
    const now = Date.now();
    const found = this.#known.get(id);
    if (found && now < found.until) return found.claims;
    this.#known.delete(id);
    const claims = await verifyToken(issuer, token);
    if (claims === undefined || claims === "expired" || this.#issuer.ring !== issuer.ring) return claims;
    if (this.#known.size >= capacity) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(id, { until: Math.min(now + memoryMilliseconds, claims.expiresAt * 1000), claims });
    return claims;
  }
}
