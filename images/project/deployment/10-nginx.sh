#!/bin/sh
# Steps of the deployment run in the image's build, in the order of their numbers, and again when what they depend on changed.
# inputs: htdocs
# configuration:
set -e
rm -f /etc/nginx/sites-enabled/default
test -s htdocs/index.html
