import { databaseStep } from "#providers/databaseStep.ts";
import type { GrantsInputs } from "./runner.ts";

export const provider = databaseStep<GrantsInputs>("grants", () => import("./runner.ts"));
