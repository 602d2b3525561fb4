# The guestbook under slipway-init, beside cron, logrotate and sshd: no start script, each process is a watcher.

ARG BASE=slipway/base:bookworm

FROM debian:bookworm AS build
ARG DEBIAN_FRONTEND=noninteractive
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev
WORKDIR /src
COPY src/guestbook.c .
RUN gcc -std=c11 -O2 -Wall -Wextra -Werror -o guestbook guestbook.c

FROM ${BASE}
LABEL org.opencontainers.image.title="guestbook"
ARG DEBIAN_FRONTEND=noninteractive
RUN apt-get update \
    && apt-get install -y --no-install-recommends fcgiwrap nginx-light \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/guestbook /usr/lib/cgi-bin/guestbook
COPY nginx.conf /etc/nginx/nginx.conf
COPY static/ /srv/guestbook/
COPY supervised/guestbook.ini /etc/circus/circusd.d/
COPY supervised/launch.yaml /etc/slipway/launch.yaml
RUN install -d -o www-data -g www-data /var/lib/guestbook \
    && nginx -t \
    && runuser -u www-data -- /usr/lib/cgi-bin/guestbook check \
    && circusd --check /etc/circus/circusd.ini

VOLUME /var/lib/guestbook
EXPOSE 80
