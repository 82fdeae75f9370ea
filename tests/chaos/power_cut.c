/* A power cut, modelled: preloaded into every process, this keeps a shadow of each file below POWER_ROOT as it
 * was at its last fsync. "Cutting the power" is killing everything and starting from the shadow: whatever was
 * not synced is gone. Names (unlink, rename) count at once, as on a journalling file system with ordered data. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void make_parents(char *path) {
    for (char *at = path + 1; *at; at++)
        if (*at == '/') {
            *at = 0;
            mkdir(path, 0755);
            *at = '/';
        }
}

/* Where `path` (absolute) is in the shadow; 0 when it is not below the root. */
static int shadow_of(const char *path, char *shadow, size_t size) {
    const char *root = getenv("POWER_ROOT"), *to = getenv("POWER_SHADOW");
    if (!root || !to || strncmp(path, root, strlen(root)))
        return 0;
    return snprintf(shadow, size, "%s%s", to, path + strlen(root)) < (int)size;
}

static int shadow_of_name(const char *path, char *shadow, size_t size) {
    char absolute[PATH_MAX];
    if (path[0] == '/')
        return shadow_of(path, shadow, size);
    if (!getcwd(absolute, sizeof absolute) || strlen(absolute) + strlen(path) + 2 > sizeof absolute)
        return 0;
    strcat(strcat(absolute, "/"), path);
    return shadow_of(absolute, shadow, size);
}

static void keep(int fd) {
    char link[64], path[PATH_MAX], shadow[PATH_MAX], partial[PATH_MAX + 32], block[1 << 16];
    struct stat status;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return;
    path[length] = 0;
    if (!shadow_of(path, shadow, sizeof shadow) || fstat(fd, &status) || !S_ISREG(status.st_mode))
        return;
    make_parents(shadow);
    /* Processes sync the same file at the same time: each writes a copy of its own and renames it. */
    snprintf(partial, sizeof partial, "%s.partial-%d", shadow, getpid());
    int in = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
    int out = syscall(SYS_openat, AT_FDCWD, partial, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (in >= 0 && out >= 0)
        for (ssize_t n; (n = syscall(SYS_read, in, block, sizeof block)) > 0;)
            if (syscall(SYS_write, out, block, n) != n)
                break;
    if (in >= 0)
        syscall(SYS_close, in);
    if (out >= 0)
        syscall(SYS_close, out);
    syscall(SYS_renameat2, AT_FDCWD, partial, AT_FDCWD, shadow, 0);
}

int fsync(int fd) {
    int result = syscall(SYS_fsync, fd);
    keep(fd);
    return result;
}

int fdatasync(int fd) {
    int result = syscall(SYS_fdatasync, fd);
    keep(fd);
    return result;
}

int unlink(const char *path) {
    char shadow[PATH_MAX];
    if (shadow_of_name(path, shadow, sizeof shadow))
        syscall(SYS_unlinkat, AT_FDCWD, shadow, 0);
    return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int rename(const char *from, const char *to) {
    char shadow_from[PATH_MAX], shadow_to[PATH_MAX];
    if (shadow_of_name(from, shadow_from, sizeof shadow_from) && shadow_of_name(to, shadow_to, sizeof shadow_to))
        syscall(SYS_renameat2, AT_FDCWD, shadow_from, AT_FDCWD, shadow_to, 0);
    return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}
