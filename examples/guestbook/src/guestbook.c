/*
 * A guestbook as a CGI program: GET shows the entries, POST adds one.
 * An entry is a line of DATA_FOLDER/entries: seconds since the epoch, name, message, with tabs between.
 *
 * `guestbook check` tells whether the data folder takes an entry: exit status 0, or 1 with the reason.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DATA_FOLDER "/var/lib/guestbook"
#define DATA_FILE DATA_FOLDER "/entries"
#define MAX_BODY 8192

static void print_escaped(const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&': fputs("&amp;", stdout); break;
        case '<': fputs("&lt;", stdout); break;
        case '>': fputs("&gt;", stdout); break;
        case '"': fputs("&quot;", stdout); break;
        default: putchar(*text);
        }
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Decodes a form value in place. Control characters become spaces, so that an entry stays one line of the file. */
static void decode(char *value)
{
    char *out = value;
    for (char *in = value; *in; in++) {
        unsigned char c = (unsigned char)*in;
        if (c == '%' && hex_digit(in[1]) >= 0 && hex_digit(in[2]) >= 0) {
            c = (unsigned char)(hex_digit(in[1]) * 16 + hex_digit(in[2]));
            in += 2;
        } else if (c == '+') {
            c = ' ';
        }
        *out++ = c < ' ' || c == 127 ? ' ' : (char)c;
    }
    *out = '\0';
}

static int add_entry(const char *name, const char *message)
{
    char line[2 * MAX_BODY];
    int length = snprintf(line, sizeof line, "%lld\t%s\t%s\n", (long long)time(NULL), name, message);
    int file = open(DATA_FILE, O_WRONLY | O_APPEND | O_CREAT, 0644);
    if (file < 0) return -1;
    /* One write with O_APPEND: two visitors at once can't mix their lines. */
    ssize_t written = write(file, line, (size_t)length);
    return close(file) == 0 && written == length ? 0 : -1;
}

static void print_entries(void)
{
    FILE *file = fopen(DATA_FILE, "r");
    if (!file) {
        puts("<p>Nobody has written yet.</p>");
        return;
    }
    char line[2 * MAX_BODY];
    while (fgets(line, sizeof line, file)) {
        char *name = strchr(line, '\t');
        char *message = name ? strchr(name + 1, '\t') : NULL;
        if (!message) continue;
        *name++ = '\0';
        *message++ = '\0';
        message[strcspn(message, "\n")] = '\0';
        time_t seconds = (time_t)atoll(line);
        char date[32] = "";
        strftime(date, sizeof date, "%Y-%m-%d", gmtime(&seconds));
        fputs("<article><p>", stdout);
        print_escaped(message);
        fputs("</p><small>", stdout);
        print_escaped(name);
        printf(", %s</small></article>\n", date);
    }
    fclose(file);
}

static int show_page(void)
{
    puts("Content-Type: text/html; charset=utf-8\n\n"
         "<!doctype html>\n<html lang=\"en\">\n<title>Guestbook</title>\n"
         "<link rel=\"stylesheet\" href=\"/style.css\">\n<h1>Guestbook</h1>");
    print_entries();
    puts("<form method=\"post\">\n"
         "<input name=\"name\" placeholder=\"Your name\" required maxlength=\"80\">\n"
         "<textarea name=\"message\" placeholder=\"Your message\" required maxlength=\"2000\"></textarea>\n"
         "<button>Sign</button>\n</form>\n</html>");
    return 0;
}

static int reply(const char *status, const char *text)
{
    printf("Status: %s\nContent-Type: text/plain; charset=utf-8\n\n%s\n", status, text);
    return 0;
}

static int take_entry(void)
{
    static char body[MAX_BODY];
    size_t length = fread(body, 1, sizeof body - 1, stdin);
    body[length] = '\0';

    char *name = NULL;
    char *message = NULL;
    for (char *field = strtok(body, "&"); field; field = strtok(NULL, "&")) {
        if (strncmp(field, "name=", 5) == 0) decode(name = field + 5);
        else if (strncmp(field, "message=", 8) == 0) decode(message = field + 8);
    }
    if (!name || !message || !*name || !*message) return reply("400 Bad Request", "A name and a message, please.");
    if (add_entry(name, message) < 0) return reply("500 Internal Server Error", strerror(errno));
    puts("Status: 303 See Other\nLocation: /\n");
    return 0;
}

static int check(void)
{
    if (access(DATA_FOLDER, W_OK | X_OK) == 0) {
        puts("guestbook: " DATA_FOLDER " takes entries");
        return 0;
    }
    fprintf(stderr, "guestbook: can't store entries in %s as user %u: %s\n", DATA_FOLDER, (unsigned)getuid(), strerror(errno));
    return 1;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "check") == 0) return check();
    const char *method = getenv("REQUEST_METHOD");
    if (!method) {
        fputs("guestbook: a CGI program: start it from a web server, or with the argument `check`\n", stderr);
        return 2;
    }
    return strcmp(method, "POST") == 0 ? take_entry() : show_page();
}
