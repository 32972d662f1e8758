import { createSecretKey, type KeyObject } from "node:crypto";
import { SignJWT, errors, jwtVerify } from "jose";
import type { JWTHeaderParameters } from "jose";
import type { AccessConfig } from "#servers/runtime/commonConfig.ts";
import type { KeyRing } from "#servers/runtime/keyRing.ts";

type JwtSettings = AccessConfig["authentication"]["jwt"];

/** What a token says. Rights are not in it: they are looked up with each call. */
export interface TokenClaims {
  readonly client: string;
  /** Id of the key that it was given for. */
  readonly keyId: string;
  /** Of a token that can be refreshed. */
  readonly family: string | undefined;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** Whom tokens are for, and how they are signed. */
export interface TokenIssuer {
  readonly ring: KeyRing;
  readonly jwt: JwtSettings;
  /** Name of the server: part of the audience. */
  readonly server: string;
}

/** RFC 9068. */
const tokenType = "at+jwt";
/** Seconds by which clocks of machines may differ. */
const skew = 5;

const keyObjects = new WeakMap<Buffer, KeyObject>();

export async function signToken({ ring, jwt, server }: TokenIssuer, claims: TokenClaims): Promise<string> {
  const token = new SignJWT({ client_id: claims.client, key: claims.keyId, family: claims.family })
    .setProtectedHeader({ alg: jwt.algorithm, typ: tokenType, kid: ring.active })
    .setIssuer(jwt.issuer)
    .setAudience(audienceOf(jwt, server))
    .setSubject(claims.client)
    .setIssuedAt()
    .setNotBefore("0s")
    .setExpirationTime(claims.expiresAt)
    .setJti(crypto.randomUUID());
  return token.sign(keyOf(ring, ring.active)!);
}

/** Undefined for a token that is not one of this server's, was changed, or is signed in another way. */
export async function verifyToken(
  { ring, jwt, server }: TokenIssuer,
  token: string,
  now: Date = new Date(),
): Promise<TokenClaims | "expired" | undefined> {
  const key = ({ kid }: JWTHeaderParameters): KeyObject => {
    const found = kid === undefined ? undefined : keyOf(ring, kid);
    if (!found) throw new errors.JWKSNoMatchingKey();
    return found;
  };
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [jwt.algorithm],
      issuer: jwt.issuer,
      audience: audienceOf(jwt, server),
      typ: tokenType,
      clockTolerance: skew,
      requiredClaims: ["sub", "exp", "nbf", "iat", "key"],
      currentDate: now,
    });
    const { sub, key: keyId, family, exp } = payload;
    if (typeof sub !== "string" || typeof keyId !== "string" || exp === undefined) return undefined;
    if (family !== undefined && typeof family !== "string") return undefined;
    return { client: sub, keyId, family, expiresAt: exp };
  } catch (error) {
    // Thrown only when all else was right.
    if (error instanceof errors.JWTExpired) return "expired";
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

/** Each server has its own, so that a token for one is refused by the others whatever keys they have. */
function audienceOf({ audience }: JwtSettings, server: string): string {
  return `${audience}/${server}`;
}

function keyOf(ring: KeyRing, id: string): KeyObject | undefined {
  const bytes = ring.keys.get(id);
  if (!bytes) return undefined;
  let key = keyObjects.get(bytes);
  if (!key) keyObjects.set(bytes, (key = createSecretKey(bytes)));
  return key;
}
