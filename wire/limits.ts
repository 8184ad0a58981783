/**
 * All limits in time and size, in one place: name with its unit, value, and why. How they have to
 * relate to each other is a test, `tests/wire/limits_test.ts`.
 *
 * Milliseconds of patience with somebody else are counted on a {@link ServedClock}: time in which
 * this process was stopped, blocked, or not served by its event loop, does not count.
 *
 * @module
 */

export const LIMITS = {
  // ---- Looking and telling ----

  /** Between two ticks of a broker: its judgements are late by this at most. */
  brokerTickMs: 50,
  /** Between two beats of a worker's clock, which costs a worker 0.01 % of a processor. */
  workerTickMs: 250,
  /** Between two announcements of an unchanged load. */
  announceMs: 200,
  /** Between two announcements of a load at the least, however often it changes. */
  announceLeastMs: 5,
  /** Between two signs of life of each side of a session. */
  syncMs: 500,
  /** Between two looks whether a connection that broke stands again: much less than its grace. */
  brokenProbeMs: 100,
  /** Numbered messages taken in after which the sender may forget them: its memory, not its time. */
  syncMessages: 256,
  /** The same in bytes. */
  syncBytes: 1 << 20,
  /** Between two questions of a worker how far its broker is, where that is known about. */
  probeMs: 500,
  /** After which such a question counts as lost. */
  probeLostMs: 5_000,

  // ---- Seeing ----

  /** Between two tallies of a worker that works: a message a second costs it nothing. */
  tallyMs: 1_000,
  /** The same where somebody looks at each stretch of work. */
  watchedTallyMs: 250,
  /** A worker that has been out of work for so long tells what it has done, and again after so long. */
  idleTallyMs: 20,
  /** After which a question for the run's numbers is answered: workers that ran idle have told then. */
  statsMs: 3 * 20,
  /** Stretches of work in one tally; what is more is told with its neighbour. */
  mostBlocks: 250,
  /** A task that takes longer is told with what it was called with. */
  slowTaskMs: 50,
  /** Functions that are told apart; a program can make some without end. */
  shownFunctions: 500,
  /** Stretches of work that are kept for the dashboard, and for the report. */
  shownBlocks: 50_000,
  profiledBlocks: 500_000,
  /** From when on a run shows how far it has come, and between two looks at that on a terminal. */
  progressAfterMs: 2_000,
  progressMs: 200,
  /** Between two lines about it where there is no terminal. */
  progressLineMs: 30_000,
  /** Things that happened which are kept: workers that came, were lost, were replaced. */
  mostHappenings: 1_000,
  /** Between two samples of how a run stands, as long as there are fewer than so many of them. */
  sampleMs: 1_000,
  mostSamples: 1_200,
  /** Between two messages to a page that shows a run: an eye wants no more of them. */
  pageMs: 250,
  /** Between two signs that the run is still there, though nothing has changed. */
  pageSignMs: 2_000,
  /** Between two tellings of all workers to a page, where there are more than a few. */
  pageRowsMs: 1_000,
  /** For the pages to hear of the end of a run before their server goes. */
  pageLastMs: 500,
  /** Stretches of work in one message to a page; neighbours are told as one until they fit. */
  pageBlocks: 2_000,
  /** Messages that are kept for a page which reads slowly; one that is further behind begins anew. */
  pageMessages: 20,
  /** Stretches of work that are kept for a page that is opened later, and in the page: 4 MB there. */
  pageKeptBlocks: 40_000,
  /** Pages that are open at a time. */
  mostPages: 32,

  // ---- Who is lost ----

  /**
   * A clock's beat that takes longer than this was not served: only so much of it counts. A busy
   * machine delays beats by some 10 ms; a stopped or blocked process by seconds.
   */
  servedBeatMs: 100,
  /**
   * A broken connection that is not back counts as the loss of the worker at its end. The kernel
   * tells of a killed process at once; libzmq connects again within 20 to 500 ms if there is one.
   */
  workerGraceMs: 1_500,
  /** The same for a broker, whose loss ends more: programs hear of it within 5 s. */
  brokerGraceMs: 3_000,
  /**
   * The same for a worker that knows of other brokers, before it goes to one of them: by then its
   * own has given it up.
   */
  moveAfterMs: 1_500,
  /** For another broker to answer, before the next is tried. */
  moveAnswerMs: 3_000,
  /** The same for the first one, which may be starting itself. */
  moveFirstMs: 5_000,
  /** From one that has not, or that has refused, to the next. */
  moveAgainMs: 300,
  /** From the loss of its broker to that of the run, for a worker that no other takes in. */
  moveMs: 12_000,
  /**
   * For a broker started by hand to be started again at its address: then those who had it go on
   * with the new one. Of those who had a launcher it is the launcher's matter.
   */
  brokerBackMs: 30_000,
  /**
   * For those who have a part of a bundle whose broker was lost to come and say so, before it is
   * given to others. They come when they have noticed, and are not in a task.
   */
  claimMs: 3_000,
  /** Between two looks for what is awaited in vain. */
  awaitedLookMs: 250,
  /** The same for a begun task, whose worker may be in it for long, and for a scattered value. */
  claimBegunMs: 20_000,
  /** The same where a task may not be begun twice, after which it fails. */
  claimOnceMs: 60_000,
  /** What came from somebody whose broker was lost is kept for so long, for an owner to ask for it. */
  unclaimedMs: 20_000,
  /**
   * For the origin to come to one of the brokers when its own is lost, before the run ends. It may
   * be in its program; whoever launched it knows of its end.
   */
  homelessMs: 60_000,
  /**
   * No word over a connection that stands. It is no evidence but of a process that hangs for ever:
   * one that is stopped for 20 s, by Ctrl-Z or a debugger, is not lost.
   */
  silenceMs: 45_000,
  /** Of a first hello without an answer, in which nothing begins: what leaves waits for it. */
  greetingMs: 500,
  /** For a broker to answer a first hello. */
  firstAnswerMs: 10_000,
  /** Before who has had no answer, or was not known, introduces itself again. */
  introduceMs: 1_000,
  /** A broker that has lost all its workers keeps what it borrowed for so long: others may come. */
  keptMs: 3_000,
  /** From the break of a worker's connection to the broker's word, so that who started the process can tell how it ended. */
  wordOfLauncherMs: 150,
  /** Kernel's retransmissions and keepalive over a link to another host: a pulled cable is found in this. */
  linkMs: 4_000,

  // ---- Tasks ----

  /** Bundles that wait as objects before a broker; those behind them are packed as bytes. */
  packAfterBundles: 1_000,

  /** A task that takes longer is announced when it begins. */
  longTaskMs: 25,
  /**
   * Outcomes are kept back for no longer than this while others of their bundle still run. A report
   * costs some 20 µs here, at the broker and at the owner each, and up to 1 ms in all where the
   * processors compute something else between two of them.
   */
  reportMs: 12,
  /** A task that keeps its processor for so long beyond its timeout costs its worker. */
  stuckAfterMs: 700,
  /**
   * The same where the worker has begun something else that waits, perhaps for just this task: with
   * the worker goes that, too, and has to begin again. So one that ends after all is waited for, as
   * long as can be: that it fails in time is promised.
   */
  stuckBesideMs: 1_100,
  /**
   * The same of a task of the worker's own, for which what it was given may wait, and of one that
   * nobody has announced.
   */
  stuckOwnAfterMs: 5_000,
  /** The program may go on without awaiting us for so long before it gives back what it was sent. */
  patienceMs: 2,
  /**
   * A turn that spawned tasks, holds the processor and does nothing with it: it waits in a way that
   * cannot be seen, such as a callback. After this its tasks may run here.
   */
  idleAfterMs: 10,
  /** The same where there are other workers, who may take them. */
  idleAmongOthersMs: 100,
  /**
   * Work of others is not kept waiting any longer behind a task that holds the processor without
   * doing anything with it: it goes to somebody else, perhaps to be what that task waits for.
   */
  stalledMs: 100,
  /** The same for a program whose tasks are with others: after this it takes work like any worker. */
  idleOpenMs: 1_000,
  /**
   * For a worker to be free of other tasks, or to be replaced, before what should run alone goes to one
   * whose tasks all wait: they may wait for just that.
   */
  aloneSoonMs: 1_000,
  /** Without any worker but the origin, after which it gets what was lost once; where others may come. */
  aloneAfterMs: 10_000,
  aloneReplacedMs: 60_000,

  // ---- The launcher ----

  /** For a broker's process to say where it listens: it has to load, on a busy machine. */
  announcedMs: 20_000,
  /**
   * For a worker to import the program, counted while it is served. What waits for longer waits for
   * ever, as a rule: for an answer, a lock, a promise that nobody settles.
   */
  importMs: 30_000,
  /**
   * For a worker to join, from its start or the last time that any other has: whatever keeps it, it
   * would have told by then, or its broker would.
   */
  joinMs: 60_000,
  /** Between two looks at who imports the program: of time that was not served one such counts. */
  joinLookMs: 1_000,
  /** From the end of a process that did not join to what is made of it: its broker may know more. */
  joinWordMs: 50,
  /** Between two looks of a worker at its own memory, after tasks; each costs 40 µs. */
  ownMemoryLookMs: 20,
  /** Between two looks at the memory of a worker that may use only so much; each costs 30 µs. */
  memoryLookMs: 250,
  /** For a task that is told to end, before its worker is replaced. */
  graceMs: 1_000,
  /** One that ended sooner failed at its start, by its program rather than by a task. */
  startedMs: 2_000,
  /** For the process of a worker whose connection is lost to end by itself, and so to tell how. */
  ownEndMs: 1_000,
  /** Before the first replacement of a lost worker; each further quick death doubles it. */
  replaceFirstMs: 100,
  /** The same when some of them have not heard of its end: they had not joined yet. */
  leaveSoonMs: 100,
  /** The longest pause before a replacement. */
  replaceMostMs: 30_000,
  /**
   * What a worker's tasks have started has so long, after its end and SIGTERM, before SIGKILL. One
   * that has ended may still seem to be there, if nobody asks how it ended; so not for long.
   */
  sweepMs: 100,
  /** Between two looks whether anything is left of them. */
  sweepLookMs: 20,
  /** A worker that lived so long was sound: the pause begins anew. */
  soundAfterMs: 5_000,
  /** Workers have so long to leave by themselves when the program has ended. */
  leaveMs: 1_000,
  /** A process has so long after SIGTERM, before SIGKILL. */
  terminateMs: 500,
  /** After a signal to the command: for the program to end by itself. */
  interruptedProgramMs: 1_000,
  /** The same for workers to leave, and again after SIGTERM: all is over within `endMs`. */
  interruptedLeaveMs: 150,
  /** For workers to say what they have done, and goodbye, when their broker ends. */
  lastWordsMs: 500,
  /** For a broker to close its sockets. */
  closeMs: 100,
  /** For a broker's process to end after that, and for other hosts to end what is theirs. */
  closeAwayMs: 1_000,
  /** The same after a signal. */
  interruptedCloseAwayMs: 200,
  /** For what was printed last to be handed on after a signal. */
  lastOutputMs: 150,
  /** Promised: after a signal nothing is left within this. */
  endMs: 2_000,
  /** Output of a process that has ended is waited for until it is silent for so long. */
  silentOutputMs: 200,
  /** The same in all: what it has started, and what goes on printing, keeps nobody any longer. */
  othersOutputMs: 2_000,
  /**
   * A program that ends withdraws what nobody awaited, and has so long to hear what became of it: a
   * worker that computes answers only then.
   */
  farewellMs: 1_000,
  /** Between two looks of who ends whether all is done. */
  doneLookMs: 10,
  /** For the system, or ssh's configuration, to say where a host's name leads. */
  nameMs: 2_000,
  /** For ssh to connect. */
  sshConnectMs: 10_000,
  /** The same for a host that was lost, which is tried again at once: see `launch/host_away.ts`. */
  comeBackConnectMs: 2_000,
  /** Between two such attempts. */
  comeBackPauseMs: 250,
  /** After so long it is tried as rarely as a worker is replaced that cannot live. */
  comeBackEagerMs: 600_000,
  /** For a host to say, after that, that Deno runs there. */
  hostAnswerMs: 20_000,
  /** For a script of --prolog, which may load modules from a slow disk. */
  prologMs: 120_000,
  /** For a host to be ready: a shipment has to travel. */
  hostReadyMs: 180_000,
  /** For a host to reach another one's port. */
  reachMs: 3_000,
  /** Between two signs of life of a launcher. */
  pingMs: 1_000,
  /** Silence of a launcher, or of a host, over their connection; one stopped for 20 s is not lost. */
  agentSilenceMs: 40_000,
  /**
   * The same of a host all of whose workers are lost and were told to end, which nobody has
   * confirmed: longer than it takes a ping that comes late.
   */
  lostHostSilenceMs: 3_000,
  /** The same for a launcher that has nothing running on its host any more: nobody loses by it. */
  idleAgentSilenceMs: 8_000,
  /** After a SIGUSR1, for Deno to open a debugger in the command, where nobody wants one. */
  debuggerMs: 200,
  /** Between two looks whether it has. */
  debuggerLookMs: 5,
  /** From Ctrl-Z until the launcher stops: for the word of it to be on its way to other hosts. */
  stopWordMs: 20,
  /** From there on no ping may follow, which would say that the launcher goes on. */
  pauseMs: 300,

  /** Standard input on its way to another host that its process has not taken yet. */
  inputBytes: 1 << 20,

  // ---- What processes need ----

  /** Memory that an idle worker has for itself, beside what all of them share: 26 MB were measured. */
  workerBytes: 32_000_000,
  /** Threads of a worker, beside those that V8 has by the number of processors. */
  workerThreads: 8,
  /** Files that a launcher has open by itself: 38 were measured, and some are opened for a moment. */
  launcherFiles: 64,
  /** The same for each process that it has started: two pipes, and what tells of its end. */
  startedFiles: 3,
  /** The same for each worker that is connected to its broker: two sockets. */
  connectedFiles: 2,
  /** The same for each further broker, and each other host: three pipes, what tells of its end, sockets. */
  otherFiles: 8,

  // ---- Sockets ----

  /** Work of its own that takes no longer than this does not keep a worker from wanting that of others. */
  ownWorkMs: 1,
  /** A task that goes on after waiting, so long, is told of: its broker took the worker for idle. */
  goesOnMs: 10,
  /** A worker on which nothing but tasks without a promise runs lets the event loop in this often. */
  breathAloneMs: 50,
  /** A process that does not know how to sleep for less than a timer does so this often. */
  breathSleepMs: 20,
  /** A socket's messages taken in one turn, before whatever else the process does gets its own. */
  turnMessages: 256,
  /** The same in time. */
  turnMs: 5,
  /** Unsent, or come at once, of a connection within a host: more than this its system may not keep. */
  roomBytes: 96 * 1_024,
  /** For what such a system held back to come, and for what was sent to leave, before tasks go on. */
  heldBackMs: 50,
  heldUpMs: 1_000,
  /** Sending to a broker of this host blocks for so long, while it takes something in each of these. */
  insistMs: 500,
  insistOnceMs: 20,
  /** Binary data from this on is kept in memory that the processes of a host share. */
  sharedFromBytes: 256 * 1_024,
  /** All that a process keeps there at a time. */
  sharedBytes: 256 * 1_024 * 1_024,
  /** From a worker's end to the first look at what it has left there, and from look to look. */
  sharedSweepMs: 1_000,
  /** After there was no room, before it is tried again. */
  sharedFullMs: 5_000,
  /** The largest message that leaves together with others, and the largest frame of such messages. */
  batchedBytes: 1_024,
  batchBytes: 32 * 1_024,
  /** Between two looks at the sockets where the system cannot be asked to wait for them. */
  lookMs: 5,
  /** The same where no socket holds the process: the program has no use for a message now. */
  lookIdleMs: 20,
  /** For a call that waits for the sockets to come back when the process ends; it hears at once. */
  lastCallMs: 20,
  /** From a broken connection to the next attempt at first; each further one waits longer. */
  reconnectMs: 20,
  /** The longest pause before an attempt to connect again. */
  reconnectMostMs: 500,
  /** For a connection to come about before the next attempt: a packet may be lost on the way. */
  connectMs: 5_000,
  /** A closed socket goes on sending what it was given before for so long. */
  lingerMs: 1_000,
  /** By then a closed socket is gone, all it had to send included. */
  closedMs: 1_250,
  /** The same for one that is open when its process ends: an error that ended it is shown only then. */
  lingerAtExitMs: 400,

  // ---- Strangers ----

  /** The largest frame over a socket that other users can reach; larger ones travel in pieces. */
  frameBytes: 16 << 20,
  /** For a peer to show its keys. */
  handshakeMs: 10_000,
  /** The same once more: this process may have been stopped while its answer came. */
  handshakeAgainMs: 20,
  /** Between two lines about the same kind of misbehaviour, after the first few. */
  complainMs: 10_000,
  /** The largest message of a subscriber: a topic, or the 256 bytes and more that show its keys. */
  topicBytes: 1_024,
  /** Messages of one subscriber that are taken from its connection before they are looked at. */
  topicsUnread: 100,
  /** Messages kept for a subscriber that does not read them. */
  publishedUnread: 1_000,
  /** Between two subscriptions where zeromq does not tell that a connection has broken. */
  subscribeAgainMs: 2_000,
} as const;
