require "demo/demo"
