import { databaseStep } from "#providers/databaseStep.ts";
import type { ClientsInputs } from "./runner.ts";

export const provider = databaseStep<ClientsInputs>("clients", () => import("./runner.ts"));
