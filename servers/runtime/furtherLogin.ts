import type { Login } from "./databasePool.ts";
import type { Loaded } from "./loadConfig.ts";

/** A login beside the server's own, as its file names it: the user, and the secret that is its password. */
export async function furtherLogin(
  { files, login }: Pick<Loaded, "files" | "login">,
  { user, password }: { readonly user: string; readonly password: string },
): Promise<Login> {
  return { user, password: await files.secret(password), ca: login.ca };
}
