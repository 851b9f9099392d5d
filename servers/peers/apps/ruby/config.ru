# frozen_string_literal: true

require_relative "probe"

run Probe.new("rack")
