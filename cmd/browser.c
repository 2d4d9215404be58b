/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/browser.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_WORDS = 32 };

/* Splits a command at blanks, in place, and puts the address where "%s" stands, or
 * behind it. `text` has room for that. */
static bool split_command(char *text, const char *address,
                          char *words[MOST_WORDS + 2]) {
    size_t count = 0;
    bool has_address = false;
    char *rest;
    for (char *word = strtok_r(text, " ", &rest); word && count < MOST_WORDS;
         word = strtok_r(NULL, " ", &rest)) {
        bool is_place = strcmp(word, "%s") == 0;
        words[count++] = is_place ? (char *)(unsigned long)address : word;
        has_address = has_address || is_place;
    }
    if (count && strcmp(words[count - 1], "&") == 0)
        count--;
    if (!has_address && count)
        words[count++] = (char *)(unsigned long)address;
    words[count] = NULL;
    return count > 0;
}

/* In the grandchild: becomes the command, or tells why not. */
static void become(char **words, int tell_fd) {
    sigset_t none;
    int null = open("/dev/null", O_RDWR);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
    }
    setsid();
    execvp(words[0], words);
    ssize_t told = write(tell_fd, "", 1);
    _exit(told == 1 ? 127 : 126);
}

/* Nothing comes through the pipe when the command runs: it is closed then. */
static bool start(char **words) {
    int tell[2];
    char failed;
    if (pipe2(tell, O_CLOEXEC) != 0)
        return false;
    pid_t child = fork();
    if (child == 0) {
        if (fork() == 0)
            become(words, tell[1]);
        _exit(0);
    }
    close(tell[1]);
    bool runs = child > 0 && read(tell[0], &failed, 1) == 0;
    close(tell[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
    return runs;
}

static bool open_with(const char *command, size_t size, const char *address) {
    char *words[MOST_WORDS + 2];
    char *text = strndup(command, size);
    bool runs = text && split_command(text, address, words) && start(words);
    free(text);
    return runs;
}

static bool has_text(const char *variable) {
    const char *value = getenv(variable);
    return value && *value;
}

bool vt_browser_open(const char *address) {
    const char *commands = getenv("BROWSER");
    for (const char *at = commands; at && *at;) {
        size_t size = strcspn(at, ":");
        if (open_with(at, size, address))
            return true;
        at += size + (at[size] == ':');
    }
    static const char usual[] = "xdg-open";
    if (!has_text("DISPLAY") && !has_text("WAYLAND_DISPLAY"))
        return false;
    return open_with(usual, sizeof usual - 1, address);
}
