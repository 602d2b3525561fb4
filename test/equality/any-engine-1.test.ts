import { testAnyEngine } from "./any-engine.ts";

testAnyEngine(0);
