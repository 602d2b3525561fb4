const names = new Set(
  (
    "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP " +
    "TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX"
  ).split(" "),
);

/** Whether STOPSIGNAL takes it: a number other than 0, or a Linux name with or without SIG, `RTMIN+3` and `RTMAX-1` included. */
export function isSignal(word: string): boolean {
  if (/^-?\d+$/.test(word)) return Number(word) !== 0;
  const name = word.toUpperCase().replace(/^SIG/, "");
  const realTime = /^(RTMIN\+|RTMAX-)(\d+)$/.exec(name);
  if (realTime) return Number(realTime[2]) >= 1 && Number(realTime[2]) <= (name.startsWith("RTMIN") ? 15 : 14);
  return names.has(name);
}
