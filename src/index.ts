/**
 * Slipway as a library: a Dockerfile replayed in live containers, step by step. docs/library.md tells how to use it; the
 * program's own commands know of sessions only what stands here.
 */
export type { BuildEvent, BuildListener } from "./build/build-events.ts";
export type { BuildOptions, BuildSecret, ForwardedAgent } from "./build/build-options.ts";
export type { ImageConfig, Platform } from "./dockerfile/image-config.ts";
export type { EngineClient } from "./engine/client.ts";
export { EngineError } from "./engine/engine-error.ts";
export type { HealthCheck } from "./engine/health.ts";
export { ExitCode, SlipwayError } from "./errors.ts";
export type { PublishedPort, RunSettings, Volume } from "./project/run-settings.ts";
export type { FileChange, TerminalSize } from "./protocol/messages.ts";
export { checkAgent } from "./session/agent/health.ts";
export { effectWords } from "./session/breakpoints/condition.ts";
export { describeTrigger } from "./session/breakpoints/describe.ts";
export type { SessionAsCache } from "./session/cache/build-from-session.ts";
export { buildFromSession } from "./session/cache/build-from-session.ts";
export type {
  BreakpointView,
  BreakTrigger,
  HandEdit,
  OutsideChange,
  SessionEvent,
  StateView,
  StepStatus,
  StepView,
  StopReason,
} from "./session/events.ts";
export { EVENTS_VERSION } from "./session/events.ts";
export type { KeptPlace } from "./session/kept/api.ts";
export {
  listSessions,
  planSessionPrune,
  pruneSessions,
  removeSession,
  summarizeSessions,
} from "./session/kept/api.ts";
export type { KeptSession, KeptState } from "./session/kept/list.ts";
export type { Orphan } from "./session/kept/objects.ts";
export type { Pruned, PruneOptions, PrunePlan } from "./session/kept/prune.ts";
export type { RemovedSession } from "./session/kept/remove.ts";
export type { HeldWork, SessionSummary } from "./session/kept/summary.ts";
export type { ObserveSessionOptions } from "./session/observe/observe.ts";
export { observeSession } from "./session/observe/observe.ts";
export type { ResumeSessionOptions } from "./session/open.ts";
export { openSession, resumeSession } from "./session/open.ts";
export type { EngineChoice, OpenSessionOptions, SessionPlace } from "./session/settings.ts";
export { connectToEngine } from "./session/settings.ts";
export { findSession } from "./session/state/journal.ts";
export { stateFolder } from "./session/state/state-folder.ts";
export type {
  Adoptable,
  Adoption,
  FinishOptions,
  OutsideMerge,
  Session,
  SessionStatus,
  StageConfiguration,
  Terminal,
  WatchOptions,
} from "./session/types.ts";
