/* Typing into the terminal that a process shares with somebody else (TIOCSTI). */
#ifndef TYPIST_H
#define TYPIST_H
#define TYPED "touch /pwned\n"
#endif
