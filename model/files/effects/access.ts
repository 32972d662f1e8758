import { effective, without, type Effects } from "./effect.ts";
import { proofs } from "./proofs.ts";
import { accessProofs } from "./proofs/access.ts";
import { limitProofs } from "./proofs/limits.ts";

const callerLimit = "servers/runtime/limits/callerLimit.ts";
const loadConfig = "servers/runtime/loadConfig.ts";
const token = "servers/runtime/access/accessToken.ts";
const endpoint = "servers/runtime/access/tokenEndpoint.ts";
const entrance = "servers/runtime/access/access.ts";
const rules = "servers/runtime/access/rules.ts";
const address = "servers/runtime/access/clientAddress.ts";
const credentials = "servers/runtime/credentials.ts";
const permissions = "servers/runtime/access/permissions.ts";
const permissionsOfRole = "access.authorization.roles[caller.role]?.permissions";

/** `access.json` */
export const accessEffects: Effects = {
  "/access/authentication/enabled": effective(
    "servers/runtime/authenticate.ts",
    "access.authentication.enabled",
    proofs.noKeyNoEntry,
  ),
  "/access/authentication/method": effective(loadConfig, 'method !== "jwt"', accessProofs.method),
  "/access/authentication/jwt/secret": effective(loadConfig, "jwt.secret", accessProofs.ring),
  "/access/authentication/jwt/algorithm": effective(token, "jwt.algorithm", accessProofs.token),
  "/access/authentication/jwt/expiresIn": effective(endpoint, "jwt.expiresIn", accessProofs.token),
  "/access/authentication/jwt/refreshTokenExpiresIn": effective(
    endpoint,
    "jwt.refreshTokenExpiresIn",
    accessProofs.chainEnd,
  ),
  "/access/authentication/jwt/issuer": effective(token, "jwt.issuer", accessProofs.token),
  "/access/authentication/jwt/audience": effective(token, "{ audience }: JwtSettings", accessProofs.token),
  "/access/authentication/apiKey/enabled": effective(credentials, "apiKey.enabled", proofs.keysTaken),
  "/access/authentication/apiKey/header": effective(credentials, "apiKey.header", proofs.keyHeader),
  "/access/authentication/apiKey/prefix": effective(credentials, "key.startsWith(prefix)", proofs.keyForm),
  "/access/authentication/apiKey/length": effective(credentials, "prefix.length + length", proofs.keyForm),
  "/access/authentication/session/enabled": effective(endpoint, "!session.enabled", accessProofs.session),
  "/access/authentication/session/timeout": effective(endpoint, "session.timeout", accessProofs.idle),
  "/access/authentication/session/refreshInterval": effective(
    endpoint,
    "session.refreshInterval",
    accessProofs.interval,
  ),
  "/access/authentication/staleAnswers/enabled": effective(
    entrance,
    "settings().staleAnswers.enabled",
    accessProofs.stale,
  ),
  "/access/authentication/staleAnswers/seconds": effective(
    entrance,
    "settings().staleAnswers.seconds",
    accessProofs.stale,
  ),
  "/access/authentication/maxFailedAttempts": effective(
    entrance,
    "settings().maxFailedAttempts",
    accessProofs.failures,
  ),
  "/access/authorization/enabled": effective(
    permissions,
    "access.authorization.enabled",
    proofs.noPermission,
  ),
  "/access/authorization/method": effective(permissions, permissionsOfRole, proofs.rolePermissions),
  "/access/authorization/roles": effective(permissions, permissionsOfRole, proofs.rolePermissions),
  "/access/authorization/roles/*/description": without("it is for people"),
  "/access/authorization/resourceBased/enabled": effective(
    rules,
    "{ enabled, rules }: ResourceRules",
    accessProofs.rulesSwitch,
  ),
  "/access/authorization/resourceBased/rules": effective(
    rules,
    "{ enabled, rules }: ResourceRules",
    accessProofs.rules,
  ),
  "/access/trustedProxies/networks": effective(address, "trusted.networks", accessProofs.proxies),
  "/access/trustedProxies/header": effective(address, "trusted.header", accessProofs.proxies),
  "/access/rateLimit/enabled": effective(callerLimit, "!limit.enabled", limitProofs.callerRate),
  "/access/rateLimit/windowMs": effective(callerLimit, "windowMs / 1000", limitProofs.callerRate),
  "/access/rateLimit/maxRequests": effective(callerLimit, "points: maxRequests", limitProofs.callerRate),
  "/access/rateLimit/skipSuccessfulRequests": effective(
    callerLimit,
    "limit.skipSuccessfulRequests",
    limitProofs.callerRateOutcome,
  ),
  "/access/rateLimit/skipFailedRequests": effective(
    callerLimit,
    "limit.skipFailedRequests",
    limitProofs.callerRateOutcome,
  ),
  "/access/rateLimit/skip": effective(callerLimit, "limit.skip", limitProofs.callerRateSkip),
};
