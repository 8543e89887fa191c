#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A notification server with inline replies: answers notices of one file, first with too short a text.

usage: reply-server.py FILE REASON
"""
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = "org.freedesktop.Notifications"


class Server(dbus.service.Object):
    ids = 0

    @dbus.service.method(NAME, out_signature="as")
    def GetCapabilities(self):
        return ["body", "actions", "inline-reply"]

    @dbus.service.method(NAME, out_signature="ssss")
    def GetServerInformation(self):
        return "reply-server", "sealgate", "1", "1.2"

    @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, app, replaces, icon, summary, body, actions, hints, timeout):
        self.ids = replaces or self.ids + 1
        print(self.ids, summary, body, list(map(str, actions)), flush=True)
        if sys.argv[1] in summary and "inline-reply" in actions:
            text = sys.argv[2] if replaces else "ngắn"
            # somebody else's key, and a notice that isn't there, change nothing
            GLib.idle_add(self.ActionInvoked, self.ids, "default")
            GLib.idle_add(self.NotificationReplied, self.ids + 77, sys.argv[2])
            GLib.idle_add(self.NotificationReplied, self.ids, text)
        return self.ids

    @dbus.service.method(NAME, in_signature="u")
    def CloseNotification(self, number):
        pass

    @dbus.service.signal(NAME, signature="us")
    def ActionInvoked(self, number, key):
        pass

    @dbus.service.signal(NAME, signature="us")
    def NotificationReplied(self, number, text):
        pass


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
name = dbus.service.BusName(NAME, bus)
server = Server(bus, "/org/freedesktop/Notifications")
print("ready", flush=True)
GLib.MainLoop().run()
