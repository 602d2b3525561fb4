/** What engines say where the remedy lies outside of the request, and that remedy. */
const hints: readonly (readonly [RegExp, string])[] = [
  [
    /no space left on device|disk quota exceeded/i,
    "make room on the engine's disk: `docker system df` shows what takes it",
  ],
  [/port is already allocated|address already in use/i, "choose another port, or stop what has this one"],
  [
    // crun and runc, where the machine lacks CAP_SYS_RESOURCE; Podman asks for more than it may give.
    /setrlimit .*(not permitted|invalid argument)|error setting rlimit/i,
    'the engine may not raise limits here: set default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"] in containers.conf',
  ],
  [
    /cgroups in hybrid mode not supported/i,
    'crun wants pure cgroups: set runtime = "runc" under [engine] in containers.conf',
  ],
  [
    /no basic auth credentials|unauthorized|authentication required|access .*denied/i,
    "log in to the registry: `docker login REGISTRY`",
  ],
  [/toomanyrequests|rate limit/i, "the registry's rate limit: log in with `docker login`, or wait"],
  [
    /dial tcp.*(lookup|timeout|refused|unreachable)|TLS handshake timeout|Client\.Timeout exceeded/i,
    "the engine cannot reach the registry: check its network, name server and proxy",
  ],
];

export function hintFor(engineMessage: string): string | undefined {
  return hints.find(([pattern]) => pattern.test(engineMessage))?.[1];
}
