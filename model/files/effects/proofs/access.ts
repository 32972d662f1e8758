import type { Proof } from "#model/files/effects/effect.ts";

const tokens = "test/integration/servers/accessTokens.test.ts";

const limits = "test/integration/servers/accessLimits.test.ts";

const proof = (file: string, test: string): Proof => ({ file, test });

export const accessProofs = {
  method: proof(
    tokens,
    "authentication.method apiKey takes keys alone: no token is given, and none is taken",
  ),
  ring: proof(
    tokens,
    "authentication.jwt.secret is the ring that signs and verifies, also while it is rotated",
  ),
  token: proof(tokens, "authentication.jwt.algorithm, issuer, audience and expiresIn make the access token"),
  chainEnd: proof(
    tokens,
    "authentication.jwt.refreshTokenExpiresIn is the end of a chain, however often it was renewed",
  ),
  session: proof(tokens, "authentication.session.enabled says whether refresh tokens are given"),
  idle: proof(tokens, "authentication.session.timeout ends a chain that was not used, and a call is a use"),
  interval: proof(
    tokens,
    "authentication.session.refreshInterval is how early a refresh token may be exchanged",
  ),
  stale: proof(
    limits,
    "authentication.staleAnswers.enabled and seconds let reading go on for a while without the database",
  ),
  failures: proof(
    limits,
    "authentication.maxFailedAttempts makes an address that guesses wait, and nobody else",
  ),
  rules: proof(
    limits,
    "authorization.resourceBased.rules limit calls by network and hour, and what is listed",
  ),
  rulesSwitch: proof(limits, "authorization.resourceBased.enabled switches the rules"),
  proxies: proof(limits, "trustedProxies.networks and header say whose word on an address is taken"),
} as const satisfies Record<string, Proof>;
