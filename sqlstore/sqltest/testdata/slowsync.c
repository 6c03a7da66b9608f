/*
 * A disk that takes a millisecond longer to sync, for a server that is started
 * with this in LD_PRELOAD:
 *
 *	gcc -shared -fPIC -o slowsync.so slowsync.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static int slowly(const char *name, int fd)
{
	static const struct timespec delay = {0, 1000000};
	int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);

	clock_nanosleep(CLOCK_MONOTONIC, 0, &delay, NULL);
	return sync(fd);
}

int fsync(int fd) { return slowly("fsync", fd); }

int fdatasync(int fd) { return slowly("fdatasync", fd); }
