#!/bin/sh
# Runs the CGI server beside nginx, nginx in the foreground.
set -e
rm -f /run/guestbook.sock
spawn-fcgi -s /run/guestbook.sock -u www-data -g www-data -U www-data -- /usr/sbin/fcgiwrap
exec nginx -g 'daemon off;'
