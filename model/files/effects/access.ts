import { each, effective, planned, without, type Effects } from "./effect.ts";
import { parts } from "./parts.ts";
import { proofs } from "./proofs.ts";

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
  "/access/authentication/method": planned(parts.tokens),
  ...each(
    planned(parts.tokens),
    ["secret", "algorithm", "expiresIn", "refreshTokenExpiresIn", "issuer", "audience"],
    "/access/authentication/jwt/",
  ),
  "/access/authentication/apiKey/enabled": effective(credentials, "apiKey.enabled", proofs.keysTaken),
  "/access/authentication/apiKey/header": effective(credentials, "apiKey.header", proofs.keyHeader),
  "/access/authentication/apiKey/prefix": effective(credentials, "key.startsWith(prefix)", proofs.keyForm),
  "/access/authentication/apiKey/length": effective(credentials, "prefix.length + length", proofs.keyForm),
  ...each(
    planned(parts.tokens),
    ["enabled", "timeout", "refreshInterval"],
    "/access/authentication/session/",
  ),
  ...each(planned(parts.tokens), ["enabled", "seconds"], "/access/authentication/staleAnswers/"),
  "/access/authentication/maxFailedAttempts": planned(parts.limits),
  "/access/authorization/enabled": effective(
    permissions,
    "access.authorization.enabled",
    proofs.noPermission,
  ),
  "/access/authorization/method": effective(permissions, permissionsOfRole, proofs.rolePermissions),
  "/access/authorization/roles": effective(permissions, permissionsOfRole, proofs.rolePermissions),
  "/access/authorization/roles/*/description": without("it is for people"),
  ...each(planned(parts.rules), ["enabled", "rules"], "/access/authorization/resourceBased/"),
  ...each(planned(parts.rules), ["networks", "header"], "/access/trustedProxies/"),
  ...each(
    planned(parts.limits),
    ["enabled", "windowMs", "maxRequests", "skipSuccessfulRequests", "skipFailedRequests", "skip"],
    "/access/rateLimit/",
  ),
};
